import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import { Streams, WINDOW_BYTES } from "./streams.ts";

/** Two sides; pieces arrive in a later turn of the loop, in order. */
function pair() {
  const accepted: Duplex[] = [];
  const sent = { bytes: 0 };
  const near: Streams = new Streams({
    send(piece) {
      sent.bytes += piece.length;
      setImmediate(() => far.take(piece));
    },
  });
  const far: Streams = new Streams({
    send: (piece) => void setImmediate(() => near.take(piece)),
    accept: (stream) => void accepted.push(stream),
  });
  return { near, far, accepted, sent };
}

/** Reads to the end; the other direction stays open. */
async function allOf(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  await once(stream, "end");
  return Buffer.concat(parts);
}

test("bytes come in order and whole, both ways, and a slow reader slows its writer down", async () => {
  const { near, far, accepted, sent } = pair();
  const stream = near.open();
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, n) => n % 251));
  stream.end(bytes);
  while (accepted.length === 0) await new Promise(setImmediate);
  for (let n = 0; n < 100; n++) await new Promise(setImmediate);
  assert.ok(sent.bytes < WINDOW_BYTES + 10_000, "nobody reads yet");
  const [other] = accepted as [Duplex];
  assert.ok((await allOf(other)).equals(bytes));
  other.end("thanks");
  assert.equal((await allOf(stream)).toString(), "thanks");
  while (near.size + far.size > 0) await new Promise(setImmediate);
});

test("the end of a session breaks its streams, and one side's end reaches the other", async () => {
  const { near, far, accepted } = pair();
  const [first, second] = [near.open(), near.open()];
  while (accepted.length < 2) await new Promise(setImmediate);
  const broken = once(accepted[0]!, "error");
  first.destroy();
  const [error] = (await broken) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNRESET");
  const cut = once(second, "error");
  near.close();
  await cut;
  far.close();
  assert.deepEqual([near.size, far.size], [0, 0]);
});

test("nobody opens more streams than are allowed, nor any where none are taken", async () => {
  const { near, far } = pair();
  const streams = Array.from({ length: 70 }, () => near.open());
  const refused = streams.slice(64).map((stream) => once(stream, "error"));
  await Promise.all(refused);
  assert.equal(far.size, 64);
  const stream = far.open();
  await once(stream, "error");
  near.close();
  far.close();
});
