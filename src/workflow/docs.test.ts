/**
 * The guide stays true: every YAML block of docs/guide/workflows.md compiles, with the params that stand behind the word
 * `yaml` (`-p name=value`) and the blocks that have a name (`file=NAME`), unless a block `refused` follows it, which must then be
 * what the compiler says. A block `warned` is what it warns of; no other block is warned of.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { OctopusError } from "../base/errors.ts";
import { compileWorkflow } from "./compile.ts";
import { parseParams } from "./params.ts";

const guide = readFileSync(join(import.meta.dirname, "..", "..", "docs", "guide", "workflows.md"), "utf8");
const blocks = [...guide.matchAll(/^```(\w*)(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
  language: match[1]!,
  pairs: match[2]!.split(" -p ").slice(1),
  file: /file=(\S+)/.exec(match[2]!)?.[1],
  text: match[3]!,
  line: guide.slice(0, match.index).split("\n").length,
}));

const files = Object.fromEntries(blocks.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text]])));

test("the guide has snippets, and some that are refused", () => {
  assert.ok(blocks.filter(({ language }) => language === "yaml").length >= 10);
  assert.ok(blocks.some(({ language }) => language === "refused"));
});

for (const [index, { language, pairs, file, text, line }] of blocks.entries()) {
  if (language !== "yaml") continue;
  const next = blocks[index + 1];
  const compile = () => compileWorkflow(text, { params: parseParams(pairs), files, check: file !== undefined });
  if (next?.language === "refused") {
    test(`docs/guide/workflows.md:${line} is refused as the guide says`, () => {
      assert.throws(compile, (error: OctopusError) => {
        assert.deepEqual(
          error.issues.map((issue) => `${issue.path} ${issue.message}`),
          next.text.trimEnd().split("\n"),
        );
        return true;
      });
    });
  } else {
    test(`docs/guide/workflows.md:${line} compiles`, () => {
      const { tasks, warnings = [] } = compile();
      assert.ok(tasks.length > 0);
      const said = warnings.map((issue) => `${issue.path} ${issue.message}`);
      assert.deepEqual(said, next?.language === "warned" ? next.text.trimEnd().split("\n") : []);
    });
  }
}
