/** Ends of streams between servers, by themselves; over NATS they are tried in `backend.test.ts`. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { FRAME, frameOf, toBytes, TunnelStream } from "./tunnel-stream.ts";

test("what has come and was not read yet is not lost when the other side is done with the stream", async () => {
  const content = randomBytes(300_000);
  const near: TunnelStream = new TunnelStream(
    (bytes) => far.receive(frameOf(bytes)!),
    () => {},
  );
  const far: TunnelStream = new TunnelStream(
    (bytes) => near.receive(frameOf(bytes)!),
    () => {},
  );
  far.end(content);
  near.end();
  far.resume();
  await once(far, "close");
  // What a server says of a stream that it does not know any more.
  near.receive({ type: FRAME.reset, number: 0, rest: Buffer.from("the other end of the stream is gone") });
  near.miss("the other server is not there");
  const chunks: Buffer[] = [];
  for await (const chunk of near) chunks.push(chunk as Buffer);
  assert.ok(Buffer.concat(chunks).equals(content));
});

test("a stream that is cut before its end is an error", async () => {
  const stream = new TunnelStream(
    () => {},
    () => {},
  );
  stream.receive(frameOf(toBytes(FRAME.data, 1, Buffer.from("half")))!);
  stream.end();
  const failed = once(stream, "error");
  stream.receive({ type: FRAME.reset, number: 0, rest: Buffer.from("gone") });
  const [error] = (await failed) as [Error];
  assert.match(error.message, /broke: gone/);
});
