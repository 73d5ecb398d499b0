/** How long watched files are left alone after a look. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { restAfter } from "./rest.ts";

test("looks take a twentieth of the time, and a third after a sign of a change", () => {
  for (const lookedMs of [1, 50, 3000]) {
    assert.equal(lookedMs / (lookedMs + restAfter(lookedMs, false)), 1 / 20);
    assert.equal(lookedMs / (lookedMs + restAfter(lookedMs, true)), 1 / 3);
  }
});

test("after a look that took long the next one comes within a minute", () => {
  assert.deepEqual([restAfter(3_600_000, false), restAfter(3_600_000, true)], [60_000, 60_000]);
});
