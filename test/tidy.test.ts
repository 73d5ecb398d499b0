/**
 * The rules of the house that no linter knows, as tests: layers, sizes, where SQL may stand, what waits for whom. Each
 * message says what to do instead. Clocks, timers and randomness in core are the linter's (.oxlintrc.json).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LAYERS, WEB } from "./layers.ts";
import { type Import, type SourceFile, codeLines, importsOf, isTest, sourceFiles } from "./source-files.ts";

const LINES_MAX = 500;
const LINES_AIM = 320;

const sources = sourceFiles("src/**/*.ts");
const production = sources.filter((file) => !isTest(file));

test("imports follow the arrows of test/layers.ts", () => {
  const problems = production.flatMap((file) => importsOf(file).flatMap((one) => importProblem(file, one) ?? []));
  assertNone(problems);
});

test("the dashboard imports what a browser can hold", () => {
  const problems = sourceFiles("web/src/**/*.{ts,tsx}").flatMap((file) =>
    importsOf(file).flatMap(({ target, relative, typeOnly }) => {
      if (relative) return !target.startsWith("src/") ? [] : `${file.path} imports ${target}: write @octopus/ instead.`;
      const layer = /^@octopus\/([^/]+)\//.exec(target)?.[1];
      const isFree =
        layer === undefined || [...WEB.imports, ...(typeOnly ? WEB.types : [])].some((one) => one === layer);
      if (isFree) return [];
      const types = WEB.types.join(", ");
      return `${file.path} imports ${target}: only ${WEB.imports.join(", ")}, and types of ${types}, come to the browser.`;
    }),
  );
  assertNone(problems);
});

test("every file stays under 500 lines of code", (t) => {
  const sized = production.map((file) => ({ path: file.path, lines: codeLines(file) }));
  for (const { path, lines } of sized.filter(({ lines }) => lines > LINES_AIM && lines <= LINES_MAX)) {
    t.diagnostic(`${path} has ${lines} lines of code; the aim is ${LINES_AIM}`);
  }
  const over = sized.filter(({ lines }) => lines > LINES_MAX);
  assertNone(over.map(({ path, lines }) => `${path}: ${lines} lines of code. Split it by verb: one idea per file.`));
});

test("every file says in a comment what it owns", () => {
  const silent = production.filter(({ path, text }) => !text.startsWith("/**") && !path.endsWith("/cli/main.ts"));
  assertNone(silent.map(({ path }) => `${path}: begin with a /** comment: what this file owns, and its invariants.`));
});

test("what is left to do has an issue", () => {
  const marks = [...sources, ...sourceFiles("{test,bench,scripts,examples}/**/*.{ts,mjs}")]
    .filter(({ path }) => path !== "test/tidy.test.ts")
    .flatMap((file) => marksIn(file, /\bFIXME\b|\bXXX\b|\bTODO\b(?! #\d+)/));
  assertNone(marks.map((place) => `${place}: finish it now, or open an issue and write TODO #number.`));
});

test("core is synchronous", () => {
  const places = production
    .filter(({ path }) => path.startsWith("src/core/"))
    .flatMap((file) => marksIn({ ...file, text: file.code }, /\basync\b|\bawait\b|\bPromise\b/));
  assertNone(places.map((place) => `${place}: core decides in one go; waiting is the engine's.`));
});

test("SQL stands in store/ alone, and in the backend that is another database", () => {
  const sql =
    /["'`]\s*(select\s[\s\S]*?\sfrom\s|insert (or \w+ )?into\s|update \w+ set\s|delete from\s|create (table|index|view)\s|pragma\s)/i;
  const places = production
    .filter(({ path }) => !/^src\/(store|cluster\/postgres)\//.test(path))
    .flatMap((file) => marksIn({ ...file, text: file.code }, sql));
  assertNone(places.map((place) => `${place}: SQL belongs into a query file of src/store/.`));
});

test("no test is left out", () => {
  const tests = [...sources.filter(isTest), ...sourceFiles("test/**/*.ts")].filter(
    ({ path }) => path !== "test/tidy.test.ts",
  );
  const only = tests.flatMap((file) => marksIn(file, /\b(test|it|describe)\.(only|todo)\(|\bonly: true\b/));
  assertNone(only.map((place) => `${place}: every test runs; remove the mark.`));
});

function importProblem(file: SourceFile, { target, relative, typeOnly }: Import): string | undefined {
  const from = layerOf(file.path);
  const layer = LAYERS[from];
  if (layer === undefined) return `${file.path}: src/${from} is no known layer. Add it to test/layers.ts.`;
  if (target.startsWith("node:")) {
    const free = layer.node === "all" || (layer.node !== "none" && layer.node.includes(target));
    return free ? undefined : `${file.path} imports ${target}: ${from} may not. Instead: ${layer.instead}.`;
  }
  if (!relative) {
    const name = target
      .split("/")
      .slice(0, target.startsWith("@") ? 2 : 1)
      .join("/");
    if (layer.packages?.includes(name)) return undefined;
    return `${file.path} imports the package ${name}: ${from} may not. Instead: ${layer.instead}.`;
  }
  const to = layerOf(target);
  if (to === from || layer.imports.includes(to) || (typeOnly && layer.types?.includes(to))) return undefined;
  const allowed =
    layer.imports.length > 0 ? `${from} imports only ${layer.imports.join(", ")}` : `${from} imports nothing`;
  return `${file.path} imports ${target}: ${allowed}. Instead: ${layer.instead}.`;
}

/** `src/core/task.ts` is in core; what lies directly in src/ is in the root, too. */
function layerOf(path: string): string {
  const [, folder, inFolder] = path.split("/");
  return inFolder === undefined ? "root" : folder!;
}

/** `path:line` of each place where the pattern holds. */
function marksIn({ path, text }: SourceFile, pattern: RegExp): string[] {
  return [...text.matchAll(new RegExp(pattern, `${pattern.flags.replace("g", "")}g`))].map(
    ({ index, 0: found }) => `${path}:${text.slice(0, index).split("\n").length} (${found.trim().slice(0, 30)})`,
  );
}

function assertNone(problems: readonly string[]): void {
  assert.equal(problems.length, 0, `\n${problems.join("\n")}`);
}
