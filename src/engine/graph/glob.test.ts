/** Patterns over paths, as a table; and one that makes naive matchers take for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesGlob } from "./glob.ts";
import { processorMs } from "../../../test/machine.ts";

const TABLE: [pattern: string, fits: string[], fitsNot: string[]][] = [
  ["a.txt", ["a.txt"], ["b.txt", "x/a.txt"]],
  ["*.txt", ["a.txt", ".txt"], ["x/a.txt", "a.txt.gz"]],
  ["?.txt", ["a.txt", "é.txt", "😀.txt"], ["ab.txt", ".txt"]],
  ["x/*", ["x/a"], ["a", "x/y/a", "y/a"]],
  ["**", ["a", "x/y/z"], []],
  ["**/*.csv", ["a.csv", "x/y/a.csv"], ["a.txt"]],
  ["x/**/z", ["x/z", "x/a/z", "x/a/b/z"], ["x", "z", "x/z/a"]],
  ["x/**/a*/**", ["x/a", "x/b/ab/c"], ["x/b"]],
  ["a**b", ["ab", "axxb"], ["a/b"]],
];

test("patterns fit what they say", () => {
  for (const [pattern, fits, fitsNot] of TABLE) {
    for (const path of fits) assert.ok(matchesGlob(path, pattern), `${pattern} fits ${path}`);
    for (const path of fitsNot) assert.ok(!matchesGlob(path, pattern), `${pattern} does not fit ${path}`);
  }
});

test("no pattern takes long", () => {
  const since = processorMs();
  assert.ok(!matchesGlob("a".repeat(2000), `${"*a".repeat(500)}*b`));
  assert.ok(!matchesGlob("a/".repeat(1000), `${"**/a/".repeat(200)}b`));
  assert.ok(processorMs() - since < 1000);
});
