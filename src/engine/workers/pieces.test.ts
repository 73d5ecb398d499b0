/** A piece of output counts once, in whichever order the ways by which it comes deliver it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogChunk } from "../../protocol/link.ts";
import { Pieces } from "./pieces.ts";

const piece = (seq: number | undefined, attempt = 1): LogChunk => {
  const chunk: LogChunk = { task: 7, attempt, stream: "stdout", at: 0, text: "x" };
  return seq === undefined ? chunk : { ...chunk, seq };
};

test("what a worker sends again to the next leader, and what the one before had published, count once", () => {
  const pieces = new Pieces();
  const taken = [1, 2, 5, 6, 3, 4, 5, 6, 7].filter((seq) => pieces.isNew(piece(seq)));
  assert.deepEqual(taken, [1, 2, 5, 6, 3, 4, 7]);
  // A server that knows nothing of the attempt takes what comes, and what was before it when that comes.
  const later = new Pieces();
  assert.deepEqual(
    [4, 2, 3, 2, 1, 4, 5].filter((seq) => later.isNew(piece(seq))),
    [4, 2, 3, 1, 5],
  );
});

test("another attempt begins anew, one that is over is not counted, and what has no number is taken", () => {
  const pieces = new Pieces();
  assert.ok(pieces.isNew(piece(1)));
  assert.ok(pieces.isNew(piece(1, 2)));
  assert.ok(!pieces.isNew(piece(1, 2)));
  assert.ok(pieces.isNew(piece(9, 1)));
  assert.ok(pieces.isNew(piece(undefined, 2)));
  pieces.ended(7);
  assert.ok(pieces.isNew(piece(1, 2)));
});
