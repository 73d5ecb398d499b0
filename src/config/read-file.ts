/**
 * Settings from a file: finds it, reads it, and flattens it to dotted keys with the line of each. YAML and JSON go
 * through one parser, since JSON is YAML.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import type { LineCounter, Node, Pair } from "yaml";
import { type Issue, OctopusError } from "../base/errors.ts";
import { nearestPath } from "../base/nearest.ts";
import { KEYS, namedKeys, NAMED_SECTIONS } from "./keys.ts";
import { type Layer, namedKeyOf, secretNameOf } from "./layer.ts";
import { isOfNamespace, namespaceKeyOf, NAMESPACES } from "./namespaces.ts";

/** Names that are looked for, in this order. */
export const FILE_NAMES = ["octopus.yaml", "octopus.yml", "octopus.json"] as const;

/** Keys below which people choose names. */
const NAMES_BELOW: readonly string[] = [...NAMED_SECTIONS, "callbacks.secrets", NAMESPACES];

const SIZE_MAX = 1024 * 1024;

/** The nearest file from `cwd` upward, ending at the root of the repository (the folder that holds `.git`). */
export function findFile(cwd: string): string | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = FILE_NAMES.map((name) => join(folder, name)).filter((path) => existsSync(path));
    if (found.length > 1) {
      const names = found.map((path) => basename(path)).join(" and ");
      throw new OctopusError("invalid", `${folder} holds ${names}: keep one of them, or name one with --config`);
    }
    if (found.length === 1) return found[0];
    if (existsSync(join(folder, ".git")) || dirname(folder) === folder) return undefined;
  }
}

/** What the file says. */
export function readFile(path: string, issues: Issue[]): Layer {
  const layer: Layer = new Map();
  const name = basename(path);
  const text = readText(path);
  // The parser costs 30 ms to load, and most commands run without a file.
  const yaml = createRequire(import.meta.url)("yaml") as typeof import("yaml");
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  for (const error of document.errors) {
    issues.push({ path: `${name}:${lines.linePos(error.pos[0]).line}`, message: error.message });
  }
  if (document.errors.length > 0 || document.contents === null) return layer;

  const visit = (node: unknown, prefix: string, line: number): void => {
    const within = namespaceKeyOf(prefix);
    const isLeaf = isSetting(within?.inner ?? prefix);
    // That it is named counts, whatever is said of it.
    if (within?.inner === "")
      layer.set(prefix, { value: null, origin: { kind: "file", where: `${name}:${line}`, folder: dirname(path) } });
    if (yaml.isMap(node) && !isLeaf) {
      for (const pair of node.items) {
        const at = lineOf(pair, lines, line);
        const key = prefix === "" ? String(pair.key) : `${prefix}.${String(pair.key)}`;
        const hint = NAMES_BELOW.includes(within?.inner ?? prefix) ? undefined : unknownKey(key);
        if (hint !== undefined) issues.push({ path: `${name}:${at}`, message: hint });
        else visit(pair.value, key, at);
      }
    } else if (isLeaf) {
      const value = (node as Node | null)?.toJS(document) ?? null;
      layer.set(prefix, { value, origin: { kind: "file", where: `${name}:${line}`, folder: dirname(path) } });
    } else if (node !== null && !(yaml.isScalar(node) && node.value === null)) {
      const what = prefix === "" ? "the file" : prefix;
      issues.push({
        path: `${name}:${line}`,
        message: `${what} must hold keys with values, not ${JSON.stringify((node as Node).toJS(document))}`,
      });
    }
  };
  visit(document.contents, "", 1);
  return layer;
}

function readText(path: string): string {
  try {
    const bytes = statSync(path).size;
    if (bytes > SIZE_MAX) {
      throw new OctopusError("too_large", `${path} has ${bytes} bytes; a configuration file has at most ${SIZE_MAX}`);
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof OctopusError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === "ENOENT" ? "it does not exist" : (code ?? String(error));
    throw new OctopusError("invalid", `cannot read the configuration file ${path}: ${reason}`, { cause: error });
  }
}

function lineOf(pair: Pair, lines: LineCounter, fallback: number): number {
  const start = (pair.key as Node | null)?.range?.[0];
  return start === undefined ? fallback : lines.linePos(start).line;
}

function isSetting(key: string): boolean {
  return KEYS.some((one) => one.key === key) || namedKeyOf(key) !== undefined || secretNameOf(key) !== undefined;
}

/** What is wrong with a key that is neither a setting nor the beginning of one. */
function unknownKey(key: string): string | undefined {
  const within = namespaceKeyOf(key);
  if (within === undefined) return unknownAt("", key);
  const before = `${NAMESPACES}.${within.name}.`;
  if (isOfNamespace(within.inner)) return unknownAt(before, within.inner);
  if (unknownAt("", within.inner) !== undefined) return unknownAt(before, within.inner);
  return `has ${key}, and ${within.inner} is the server's, not a namespace's: say it at the top`;
}

/** `before`: what stands before such keys, for the message. */
function unknownAt(before: string, key: string): string | undefined {
  const section = NAMED_SECTIONS.find((one) => key.startsWith(`${one}.`));
  const name = namedKeyOf(key)?.name ?? key.slice(key.indexOf(".") + 1);
  const known = (section === undefined ? KEYS : namedKeys(section, name)).map((one) => one.key);
  const prefixes = new Set([
    ...NAMES_BELOW,
    ...known.flatMap((one) => one.split(".").map((_, i, all) => all.slice(0, i + 1).join("."))),
  ]);
  if (prefixes.has(key)) return undefined;
  const near = nearestPath(key, prefixes, ".");
  const hint = near === undefined ? "; run `octopus config` for the list" : ` (did you mean ${before}${near}?)`;
  return `has the unknown key ${before}${key}${hint}`;
}
