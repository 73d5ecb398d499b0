/**
 * What a plugin says of itself: YAML in `plugin.yaml` of its folder, or in comments of its entry between a line `/// octopus`
 * and a line `///`. It is read; nothing of the plugin is run for it.
 */
import { OctopusError } from "../base/errors.ts";
import type { PluginLanguage } from "../base/words.ts";
import { inputCheck, propertiesOf } from "../protocol/json-schema.ts";
import { findingsOf, pathText } from "../protocol/parse.ts";
import { PluginAction, PluginManifest } from "../protocol/plugin.ts";

const TEXT_MAX = 64 * 1024;

const KEYS = [...Object.keys(PluginManifest.shape), ...Object.keys(PluginAction.shape)];

/** A piece of YAML, and where it stands. */
export interface ManifestText {
  file: string;
  text: string;
  /** Lines of the file before it. */
  before: number;
}

/** The block of comments in the entry, without their marks; undefined when there is none. */
export function manifestBlock(file: string, language: PluginLanguage, source: string): ManifestText | undefined {
  const mark = language === "python" ? "#" : "//";
  const lines = source.split(/\r?\n/);
  const isFence = (line: string, words: string): boolean => line.trimEnd() === `${mark} ///${words}`;
  const begin = lines.findIndex((line) => isFence(line, " octopus"));
  if (begin < 0) return undefined;
  const text: string[] = [];
  for (const line of lines.slice(begin + 1)) {
    if (isFence(line, "")) return { file, text: text.join("\n"), before: begin + 1 };
    if (!line.startsWith(mark)) break;
    text.push(line.slice(mark.length).replace(/^ /, ""));
  }
  const where = `${file}, line ${begin + 1}`;
  throw refusal(`${where}: the block \`${mark} /// octopus\` has no end: a line \`${mark} ///\` must close it`);
}

/** What the text says; throws `invalid` with the file, and the line where there is one. */
export async function readManifest({ file, text, before }: ManifestText): Promise<PluginManifest> {
  if (text.length > TEXT_MAX)
    throw refusal(`${file}: what it says of itself holds ${text.length} characters; at most ${TEXT_MAX} are read`);
  // The parser costs 30 ms to load, and most plugins say nothing of themselves.
  const { LineCounter, parseDocument } = await import("yaml");
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = counter.linePos(error.pos[0]);
    throw refusal(`${file}, line ${before + line}: ${error.message.split("\n", 1)[0]!.replace(/ at line \d+.*$/, "")}`);
  }
  const said = (document.toJS({ maxAliasCount: 100 }) ?? {}) as unknown;
  const parsed = PluginManifest.safeParse(said);
  if (!parsed.success) {
    const findings = findingsOf(parsed.error, said, KEYS);
    const issues = findings.map(({ path, message }) => ({ path: pathText(path), message }));
    throw refusal(`${file}: ${issues.map((issue) => `${issue.path} ${issue.message}`.trim()).join("; ")}`);
  }
  checkActions(file, parsed.data);
  return parsed.data;
}

/** Inputs must be schemas that can be checked, and values in order must stand for some of them. */
function checkActions(file: string, { actions = {} }: PluginManifest): void {
  for (const [name, { inputs, args = [] }] of Object.entries(actions)) {
    const path = `actions.${name}`;
    try {
      if (inputs !== undefined) inputCheck(inputs, `${path}.inputs`);
    } catch (error) {
      throw refusal(`${file}: ${(error as Error).message}`);
    }
    const known = propertiesOf(inputs);
    const stranger = args.find((one) => !known.includes(one));
    if (stranger === undefined) continue;
    const there = known.length === 0 ? "it has none" : `there are ${known.join(", ")}`;
    throw refusal(`${file}: ${path}.args names ${stranger}, which is no property of ${path}.inputs: ${there}`);
  }
}

function refusal(message: string): OctopusError {
  return new OctopusError("invalid", message);
}
