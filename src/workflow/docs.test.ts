/**
 * The guide stays true: every YAML block of docs/guide/workflows.md compiles, with the params that stand behind the word
 * `yaml` (`-p name=value`), unless a block `refused` follows it, which must then be what the compiler says.
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
  text: match[3]!,
  line: guide.slice(0, match.index).split("\n").length,
}));

test("the guide has snippets, and some that are refused", () => {
  assert.ok(blocks.filter(({ language }) => language === "yaml").length >= 10);
  assert.ok(blocks.some(({ language }) => language === "refused"));
});

for (const [index, { language, pairs, text, line }] of blocks.entries()) {
  if (language !== "yaml") continue;
  const next = blocks[index + 1];
  const compile = () => compileWorkflow(text, { params: parseParams(pairs) });
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
  } else test(`docs/guide/workflows.md:${line} compiles`, () => assert.ok(compile().tasks.length > 0));
}
