/** Patterns of file names: `*` and `?` within a name, `**` over folders, `{a,b}`, `[abc]`. */
import { isAbsolute, join, parse, sep } from "node:path";

const MAGIC = /[*?{[]/;

// A path cut where its pattern begins: `inbox/**/*.csv` is the folder `inbox` and the pattern `**/*.csv`.
export function cutPattern(path: string): { folder: string; pattern: string | undefined } {
  const parts = path.split(sep === "\\" ? /[\\/]/ : "/");
  const at = parts.findIndex((part) => MAGIC.test(part));
  if (at < 0) return { folder: path, pattern: undefined };
  const folder = parts.slice(0, at).join("/");
  const root = isAbsolute(path) ? parse(path).root : ".";
  return { folder: folder === "" ? root : join(folder), pattern: parts.slice(at).join("/") };
}

/** Whether a path below the folder, with `/` between its parts, fits. */
export function matcher(pattern: string): (path: string) => boolean {
  const shape = new RegExp(`^${shapeOf(pattern)}$`, "s");
  return (path) => shape.test(path);
}

/** Patterns that name no folder look at the last part only, as in `.gitignore`. */
export function ignorer(patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns.map((pattern) => {
    const fits = matcher(pattern);
    return pattern.includes("/") ? fits : (path: string): boolean => fits(path.slice(path.lastIndexOf("/") + 1));
  });
  return (path) => tests.some((test) => test(path));
}

function shapeOf(pattern: string): string {
  let shape = "";
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (pattern.startsWith("**/", at)) {
      shape += "(?:[^/]+/)*";
      at += 2;
    } else if (pattern.startsWith("**", at)) {
      shape += ".*";
      at += 1;
    } else if (char === "*") shape += "[^/]*";
    else if (char === "?") shape += "[^/]";
    else if (char === "{" || char === "[") {
      const end = pattern.indexOf(char === "{" ? "}" : "]", at);
      if (end < 0) shape += `\\${char}`;
      else {
        const inner = pattern.slice(at + 1, end);
        shape += char === "{" ? `(?:${inner.split(",").map(shapeOf).join("|")})` : classOf(inner);
        at = end;
      }
    } else shape += char.replace(/[.+^$()|\\\]}]/, "\\$&");
  }
  return shape;
}

function classOf(inner: string): string {
  const body = inner.replace(/^!/, "").replace(/[\\^\]]/g, "\\$&");
  return `[${inner.startsWith("!") ? "^/" : ""}${body}]`;
}
