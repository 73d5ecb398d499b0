// The output of a container in frames, however the connection cuts them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "./frames.ts";

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test("frames are put together again wherever they were cut", () => {
  const whole = Buffer.concat([
    ...[frame(1, "one\n"), frame(1, "two\n"), frame(2, "err\n"), frame(1, "")],
    ...[frame(1, "x".repeat(1000)), frame(2, "end")],
  ]);
  for (const size of [1, 3, 7, 8, 9, 13, 500, whole.length]) {
    const seen = { stdout: "", stderr: "" };
    const frames = new Frames((stream, bytes) => (seen[stream] += bytes.toString()));
    for (let at = 0; at < whole.length; at += size) frames.push(whole.subarray(at, at + size));
    assert.deepEqual(seen, { stdout: `one\ntwo\n${"x".repeat(1000)}`, stderr: "err\nend" }, `pieces of ${size}`);
  }
});

test("what came in one piece for one stream goes on in one piece", () => {
  const seen: string[] = [];
  const frames = new Frames((stream, bytes) => seen.push(`${stream}: ${bytes.toString()}`));
  frames.push(Buffer.concat([frame(1, "a\n"), frame(1, "b\n"), frame(2, "c\n"), frame(1, "d\n")]));
  assert.deepEqual(seen, ["stdout: a\nb\n", "stderr: c\n", "stdout: d\n"]);
});
