/** From the files of a plugin to what the catalogue takes: its language, its entry, what it says of itself. */
import { OctopusError } from "../base/errors.ts";
import type { NewPlugin } from "../engine/plugins/api.ts";
import type { PluginManifest } from "../protocol/plugin.ts";
import { actionsOf } from "./actions.ts";
import { manifestBlock, readManifest } from "./manifest.ts";
import { ENTRIES, EXTENSIONS, isPluginName, languageOf, MANIFEST_FILE } from "./names.ts";
import { checkPaths } from "./paths.ts";

export interface PluginContent {
  /** Relative, with `/` between the parts. */
  path: string;
  content: Uint8Array;
}

/** All files of one plugin, in bytes, and their number. */
export const PLUGIN_BYTES_MAX = 16 * 1024 * 1024;
export const PLUGIN_FILES_MAX = 1000;

export type ReadPlugin = Pick<NewPlugin, "name" | "language" | "files" | "manifest" | "actions">;

/** Reads the files of the plugin `name`; throws `invalid` for what is none. */
export async function readPlugin(name: string, contents: readonly PluginContent[]): Promise<ReadPlugin> {
  if (!isPluginName(name))
    throw new OctopusError(
      "invalid",
      `${JSON.stringify(name)} is no name of a plugin: it must begin with a letter or _ and hold at most 64 letters, digits, _ and -`,
    );
  checkSize(name, contents);
  checkPaths(contents.map(({ path }) => path));
  const said = contents.find(({ path }) => path === MANIFEST_FILE);
  const yaml = said && { file: MANIFEST_FILE, text: Buffer.from(said.content).toString("utf8"), before: 0 };
  const fromFile = yaml && (await readManifest(yaml));
  const entry = entryOf(name, contents, fromFile);
  const language = languageOf(entry.path)!;
  const text = language === "wasm" ? "" : utf8(entry);
  if (language === "wasm") checkModule(entry);
  const block = language === "wasm" ? undefined : manifestBlock(entry.path, language, text);
  if (fromFile !== undefined && block !== undefined)
    throw new OctopusError(
      "invalid",
      `${MANIFEST_FILE} and ${entry.path} both say what the plugin is: keep one of them`,
    );
  const manifest = fromFile ?? (block && (await readManifest(block)));
  checkLanguage(name, language, manifest);
  const others = contents.filter(({ path }) => path !== entry.path);
  const actions = new Set([...actionsOf(language, text), ...Object.keys(manifest?.actions ?? {})]);
  return {
    ...{ name, language, actions: [...actions] },
    files: [entry, ...others.toSorted((a, b) => (a.path < b.path ? -1 : 1))],
    ...(manifest !== undefined && { manifest }),
  };
}

function checkSize(name: string, contents: readonly PluginContent[]): void {
  if (contents.length > PLUGIN_FILES_MAX)
    throw new OctopusError("invalid", `${name} holds ${contents.length} files; at most ${PLUGIN_FILES_MAX} are taken`);
  const bytes = contents.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > PLUGIN_BYTES_MAX)
    throw new OctopusError("invalid", `${name} holds ${bytes} bytes; at most ${PLUGIN_BYTES_MAX} (16MiB) are taken`);
}

/** Where it begins. */
function entryOf(
  name: string,
  contents: readonly PluginContent[],
  manifest: PluginManifest | undefined,
): PluginContent {
  const wanted = manifest?.entry;
  if (wanted !== undefined) {
    const found = contents.find(({ path }) => path === wanted);
    if (found !== undefined && languageOf(wanted) !== undefined) return found;
    const why = found === undefined ? "is not there" : `has none of the endings ${EXTENSIONS.join(" ")}`;
    throw new OctopusError("invalid", `${MANIFEST_FILE}: entry names ${JSON.stringify(wanted)}, which ${why}`);
  }
  const [only] = contents;
  if (contents.length === 1 && languageOf(only!.path) !== undefined) return only!;
  const found = ENTRIES.map((entry) => contents.find(({ path }) => path === entry)).filter((one) => one !== undefined);
  const mains = found.filter(({ path }) => path.startsWith("main."));
  if (mains.length > 1)
    throw new OctopusError("invalid", `${name} holds ${mains.map(({ path }) => path).join(" and ")}: keep one of them`);
  if (found[0] !== undefined) return found[0];
  throw new OctopusError(
    "invalid",
    `${name} has no entry: there must be ${ENTRIES.join(", ")}, or a ${MANIFEST_FILE} that names one as \`entry\``,
  );
}

function utf8({ path, content }: PluginContent): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new OctopusError("invalid", `${path} is not text in UTF-8; save it as that`);
  }
}

const WASM_MAGIC = Buffer.from([0x00, 0x61, 0x73, 0x6d]);

function checkModule({ path, content }: PluginContent): void {
  if (Buffer.from(content).subarray(0, 4).equals(WASM_MAGIC)) return;
  throw new OctopusError("invalid", `${path} is no WebAssembly module: it does not begin with \\0asm`);
}

function checkLanguage(name: string, language: string, manifest: PluginManifest | undefined): void {
  if (manifest?.venv !== undefined && language !== "python")
    throw new OctopusError(
      "invalid",
      `${name} asks for the virtual environment ${manifest.venv}, which only Python has`,
    );
}
