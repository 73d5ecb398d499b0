import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesWords } from "./match-words.ts";

test("every word is in it, in any order and case", () => {
  assert.ok(matchesWords("", "anything"));
  assert.ok(matchesWords("wor nightly", "nightly-report Workflow"));
  assert.ok(!matchesWords("wor daily", "nightly-report Workflow"));
});
