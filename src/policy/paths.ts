/** Paths as a shell would see them, by their text alone: no file is looked at, no link followed. */
import { globMatcher, type Matcher } from "./patterns.ts";

/** Stands for what only the shell knows when it runs. */
export const UNKNOWN = "\0";

/**
 * The path without `.`, `..` and doubled slashes. Below an unknown folder or the home folder it begins with that; a
 * relative one is taken from `cwd` where that is known, and stays relative where not.
 */
export function pathOf(text: string, cwd: string | undefined): string {
  const isRelative = !text.startsWith("/") && !text.startsWith("~") && !text.startsWith(UNKNOWN);
  const whole = isRelative && cwd !== undefined ? `${cwd}/${text}` : text;
  const isAbsolute = whole.startsWith("/");
  const out: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "" || part === ".") continue;
    const last = out.at(-1);
    if (part !== "..") out.push(part);
    else if (last !== undefined && last !== ".." && !last.startsWith("~") && last !== UNKNOWN) out.pop();
    else if (!isAbsolute) out.push(part);
  }
  if (isAbsolute) return `/${out.join("/")}`;
  return out.join("/") || ".";
}

/** Matches paths; those with `/**` at their end also the folder itself. A path with a `*` of its own may be any that fits. */
export function pathMatcher(patterns: readonly string[]): Matcher {
  const all = patterns.flatMap((pattern) => (pattern.endsWith("/**") ? [pattern, pattern.slice(0, -3)] : [pattern]));
  const matchers = all.map((pattern) => globMatcher(pattern === "" ? "/" : pattern, true));
  const plain = all.filter((pattern) => !/[*?\\]/.test(pattern));
  return (path) => {
    if (matchers.some((matcher) => matcher(path))) return true;
    if (!/[*?]/.test(path) || !path.startsWith("/")) return false;
    const wide = globMatcher(path, true);
    // `/*` and the like stand in patterns as themselves; what is asked here is whether `/et?` may be `/etc`.
    return /[^/*]/.test(path) && plain.some((one) => wide(one));
  };
}

/** Whether an argument is meant as a path, as far as its text says. */
export function looksLikePath(text: string): boolean {
  if (text.startsWith("-") || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return false;
  return /^[~/]|^\.{1,2}(\/|$)|\//.test(text);
}

/** Whether a path is in none of these folders. One that goes up from an unknown folder, or begins with something unknown, is. */
export function isOutside(path: string, folders: readonly string[]): boolean {
  if (path === ".." || path.startsWith("../") || path.includes(UNKNOWN)) return true;
  if (!path.startsWith("/") && !path.startsWith("~")) return false;
  return !folders.some((folder) => folder === "/" || path === folder || path.startsWith(`${folder}/`));
}
