/** What the documents must keep: links that lead somewhere, tables that name everything, the picture of the layers. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ERROR_CODES } from "../src/base/errors.ts";
import { layersPicture } from "./layers.ts";
import { root, sourceFiles } from "./source-files.ts";

const documents = sourceFiles("**/*.md");

test("every error code has a row in docs/reference/errors.md", () => {
  const rows = read("docs/reference/errors.md");
  const missing = ERROR_CODES.filter((code) => !new RegExp(`^\\| *\`${code}\` *\\|`, "m").test(rows));
  assert.deepEqual(missing, [], "add a row that begins with | `code` | to docs/reference/errors.md");
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
