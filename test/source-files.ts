/** The source as the house rules see it: files, the lines that count, and what each file imports. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

export const root = join(import.meta.dirname, "..");

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  path: string;
  text: string;
  /** The text without comments. Rough, and good enough for code in this house's format. */
  code: string;
}

export interface Import {
  /** As written, or for a relative one the file relative to the repository. */
  target: string;
  relative: boolean;
  typeOnly: boolean;
}

export function sourceFiles(pattern: string): SourceFile[] {
  return globSync(pattern, { cwd: root, exclude: ["**/node_modules/**", "dist/**"] })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return { path, text, code: text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/ .*$/gm, "$1") };
    });
}

/** Tests, and what only they use. */
export function isTest({ path }: SourceFile): boolean {
  return /\.test\.ts$|\/testing(\.ts$|\/)/.test(path);
}

/** Lines that hold code. */
export function codeLines({ code }: SourceFile): number {
  return code.split("\n").filter((line) => line.trim() !== "").length;
}

const STATEMENT = /^(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"/gm;
const BARE = /^import\s+"([^"]+)"/gm;
const CALL = /(typeof\s+)?\bimport\(\s*"([^"]+)"/g;

export function importsOf(file: SourceFile): Import[] {
  const found = [
    ...[...file.code.matchAll(STATEMENT)].map(([, type, target]) => ({ target: target!, typeOnly: !!type })),
    ...[...file.code.matchAll(BARE)].map(([, target]) => ({ target: target!, typeOnly: false })),
    ...[...file.code.matchAll(CALL)].map(([, type, target]) => ({ target: target!, typeOnly: !!type })),
  ];
  return found.map(({ target, typeOnly }) => {
    if (!target.startsWith(".")) return { target, typeOnly, relative: false };
    const resolved = relative(root, join(root, dirname(file.path), target)).replaceAll("\\", "/");
    return { target: resolved, typeOnly, relative: true };
  });
}
