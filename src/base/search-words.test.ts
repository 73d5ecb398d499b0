import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { searchText, searchWords } from "./search-words.ts";

for (const [text, words] of [
  ["nightly report", ["nightly", "report"]],
  ['  "nightly report"  42 ', ["nightly report", "42"]],
  ['say"hi" "a \\"b\\" \\\\ c"', ['say"hi"', 'a "b" \\ c']],
  ['"no end', ["no end"]],
  ['"" " "', [" "]],
  [" \t\n", []],
] as const)
  test(`the words of ${JSON.stringify(text)}`, () => assert.deepEqual(searchWords(text), words));

test("words that are written as a text are read as the same words", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: "grapheme" })), (words) =>
      assert.deepEqual(searchWords(searchText(words)), words),
    ),
  );
});
