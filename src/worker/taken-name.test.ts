import assert from "node:assert/strict";
import { test } from "node:test";
import { TakenName } from "./taken-name.ts";

test("a name that stays taken ends a worker that was never let in, after a minute and not before", () => {
  const taken = new TakenName();
  const words = "a worker named a is connected already. Trying again for 60 s";
  assert.deepEqual(taken.heard("a worker named a is connected already", 5000), { isOver: false, words });
  // What it says stays the same, so that the log has it once.
  assert.deepEqual(taken.heard("a worker named a is connected already", 65_000), { isOver: false, words });
  const end = { isOver: true, words: "a worker named a is connected already" };
  assert.deepEqual(taken.heard("a worker named a is connected already", 65_001), end);
});

test("one that has worked under the name goes on asking: it may hold results", () => {
  const taken = new TakenName();
  taken.welcomed();
  for (const now of [0, 1e6]) {
    assert.deepEqual(taken.heard("taken", now), { isOver: false, words: "taken. Trying again until the name is free" });
  }
});
