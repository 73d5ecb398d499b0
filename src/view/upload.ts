/**
 * Files that a person has chosen or dropped, as a plugin: one file, or a folder with several. What is no part of one, such as
 * caches and hidden files, is left out and told.
 */
import { PLUGIN_LANGUAGES } from "../base/words.ts";

/** A file by its path: that of a folder begins with the folder's name. */
export interface ChosenFile {
  path: string;
  bytes: number;
}

export interface ChosenPlugin<File extends ChosenFile> {
  /** What it would be called. */
  name: string;
  files: { file: File; path: string }[];
  /** Paths that are left out. */
  left: string[];
  /** Why no plugin can be made of it; the server knows more. */
  problem?: string;
}

const FILES_MAX = 1000;
const BYTES_MAX = 16 * 1024 * 1024;
const LEFT = /(^|\/)(\.[^/]*|__pycache__|node_modules|[^/]*(~|\.(pyc|pyo|swp|swo|tmp|bak|orig|rej|part)))(\/|$)/;
const ENTRY = /^(main\.[a-z]+|__init__\.py|plugin\.yaml)$/;
const CODE = /\.(py|[mc]?js|m?ts|wasm)$/;

export function chosenPlugin<File extends ChosenFile>(chosen: readonly File[]): ChosenPlugin<File> {
  const folder = commonFolder(chosen.map(({ path }) => path));
  const all = chosen.map((file) => ({ file, path: file.path.slice(folder.length) }));
  const files = all.filter(({ path }) => !LEFT.test(path)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const left = all.filter(({ path }) => LEFT.test(path)).map(({ path }) => path);
  const first = files[0];
  const source = folder !== "" ? folder.split("/").at(-2)! : files.length === 1 ? stem(first!.path) : "";
  const problem = problemOf(files);
  return { name: nameOf(source), files, left, ...(problem !== undefined && { problem }) };
}

function problemOf(files: readonly { file: ChosenFile; path: string }[]): string | undefined {
  const bytes = files.reduce((sum, { file }) => sum + file.bytes, 0);
  if (files.length === 0) return "There is no file in it.";
  if (files.length > FILES_MAX) return `It has ${files.length} files; a plugin has at most ${FILES_MAX}.`;
  if (bytes > BYTES_MAX) return `It has ${(bytes / 1024 / 1024).toFixed(1)} MiB; an upload has at most 16 MiB.`;
  if (files.length === 1 && !CODE.test(files[0]!.path)) {
    return `${files[0]!.path} is no code of a plugin: it ends with .py, .js, .mjs, .ts or .wasm (${PLUGIN_LANGUAGES.join(", ")}).`;
  }
  if (files.length > 1 && !files.some(({ path }) => ENTRY.test(path)))
    return "None of its files is an entry: main.py, main.js, main.ts, __init__.py or a plugin.yaml that names one.";
  return undefined;
}

/** `report/`, when every path begins with it; paths without a folder have none. */
function commonFolder(paths: readonly string[]): string {
  const [first = ""] = paths;
  const end = first.indexOf("/");
  if (end === -1) return "";
  const folder = first.slice(0, end + 1);
  return paths.every((path) => path.startsWith(folder)) ? folder : "";
}

function stem(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
}

/** The nearest that may be the name of a plugin. */
function nameOf(source: string): string {
  return source
    .replace(/[^A-Za-z0-9_-]+/g, "_")
    .replace(/^[^A-Za-z_]+/, "")
    .slice(0, 64);
}
