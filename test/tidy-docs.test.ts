/** What the documents must keep: links that lead somewhere, tables that name everything, the picture of the layers. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ERROR_CODES, OctopusError } from "../src/base/errors.ts";
import { exitCodeOfError } from "../src/cli/exit-codes.ts";
import { lifecycleDiagram } from "../src/core/lifecycle.ts";
import { layersPicture } from "./layers.ts";
import { root, sourceFiles } from "./source-files.ts";

const documents = sourceFiles("**/*.md");

test("every error code has a row in docs/reference/errors.md", () => {
  const rows = read("docs/reference/errors.md");
  const missing = ERROR_CODES.filter((code) => !new RegExp(`^\\| *\`${code}\` *\\|`, "m").test(rows));
  assert.deepEqual(missing, [], "add a row that begins with | `code` | to docs/reference/errors.md");
});

test("the exit code of every error is the one that docs/reference/errors.md gives", () => {
  const rows = [...read("docs/reference/errors.md").matchAll(/^\| (\d+) \| (`.*`) \|$/gm)];
  const told = rows.flatMap(([, exit, codes]) =>
    [...codes!.matchAll(/`([a-z_]+)`/g)].map(([, code]) => [code!, Number(exit)] as const),
  );
  const real = ERROR_CODES.map((code) => [code, exitCodeOfError(new OctopusError(code, ""))] as const);
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(real));
});

test("every run-time dependency has a row in docs/dependencies.md", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
  const rows = [...read("docs/dependencies.md").matchAll(/^\| *`([^`]+)` *\|/gm)].map(([, name]) => name!);
  assert.deepEqual(rows.toSorted(), Object.keys(dependencies).toSorted(), "one row each: what for, why, cost to leave");
});

test("ARCHITECTURE.md shows the layers as they are", () => {
  assert.ok(
    read("ARCHITECTURE.md").includes(layersPicture()),
    `put this picture into ARCHITECTURE.md:\n\n${layersPicture()}\n`,
  );
});

test("ARCHITECTURE.md shows the states of a task as they are", () => {
  const diagram = `\`\`\`mermaid\n${lifecycleDiagram()}\n\`\`\``;
  assert.ok(read("ARCHITECTURE.md").includes(diagram), `put this diagram into ARCHITECTURE.md:\n\n${diagram}\n`);
});

test("ARCHITECTURE.md can be read in one go", () => {
  assert.ok(
    read("ARCHITECTURE.md").split("\n").length <= 300,
    "keep it under 300 lines: details belong into the files",
  );
});

test("the files that ARCHITECTURE.md names exist", () => {
  const named = [...read("ARCHITECTURE.md").matchAll(/`((?:src|test|bench)\/[\w./-]+)`/g)].map(([, path]) => path!);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test("CHANGELOG.md keeps its shape", () => {
  const headings = read("CHANGELOG.md").match(/^#+ .*$/gm) ?? [];
  assert.equal(headings[0], "# Changelog");
  assert.equal(headings[1], "## [Unreleased]", "the newest changes stand under ## [Unreleased]");
  for (const heading of headings.slice(2)) {
    assert.match(
      heading,
      /^## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$|^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/,
      "see keepachangelog.com for the headings that there are",
    );
  }
});

test("links between documents lead somewhere", () => {
  const problems = documents.flatMap(({ path, text }) => {
    const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
    return [...prose.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/i.test(target))
      .flatMap((target) => linkProblem(path, target) ?? []);
  });
  assert.deepEqual(problems, []);
});

function linkProblem(from: string, target: string): string | undefined {
  const [file, anchor] = target.split("#") as [string, string | undefined];
  const path = file === "" ? from : join(dirname(from), decodeURIComponent(file));
  if (!existsSync(join(root, path))) return `${from}: (${target}) leads nowhere`;
  if (!anchor || !path.endsWith(".md")) return undefined;
  const anchors = [...read(path).matchAll(/^#{1,6} +(.*?) *$/gm)].map(([, heading]) => slug(heading!));
  return anchors.includes(anchor) ? undefined : `${from}: ${path} has no heading #${anchor}`;
}

/** A heading's anchor as GitHub makes it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

function read(path: string): string {
  assert.ok(existsSync(join(root, path)), `${path} is missing`);
  return readFileSync(join(root, path), "utf8");
}
