/** The bytes between worker and spawner, and those that the C library gets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CEnvironment, cStrings } from "./c-strings.ts";
import { decodeEnd, encodeEnd, FRAME, frame, FrameReader, HEADER_BYTES, readStart, startFrame } from "./frames.ts";

test("frames survive any cut of the stream", () => {
  const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.nat(), fc.uint8Array({ maxLength: 300 })));
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 50 }), (sent, step) => {
      const bytes = Buffer.concat(sent.map(([type, id, payload]) => frame(type, id, payload)));
      const read: typeof sent = [];
      const reader = new FrameReader((type, id, payload) => read.push([type, id, Uint8Array.from(payload)]));
      for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step));
      assert.deepEqual(read, sent);
    }),
  );
});

test("a frame too long to be one of ours is an error", () => {
  const reader = new FrameReader(() => undefined);
  assert.throws(() => reader.push(Buffer.alloc(HEADER_BYTES, 0xff)), /a frame of 4294967295 bytes/);
});

test("a start carries its command, and tells no input from empty input", () => {
  const command = { argv: ["/bin/sh", "-c", "echo ä"], cwd: "/tmp", env: { A: "Ω" } };
  for (const stdin of [undefined, "", "text: Ω"]) {
    const bytes = startFrame(7, command, stdin);
    const read = readStart(bytes.subarray(HEADER_BYTES));
    assert.deepEqual(read.command, command);
    assert.equal(read.stdin?.toString(), stdin);
    assert.equal(bytes[4], FRAME.start);
  }
});

test("an end keeps what is known and what is not", () => {
  const end = { code: -1, signal: 9, cpuMs: 12.5, maxRssBytes: 5e9, held: true };
  assert.deepEqual(decodeEnd(encodeEnd(end)), end);
});

test("an environment takes additions in place of what it has, and keeps the rest", () => {
  // Each buffer claims an address of its own; `strings` follows the pointers back.
  const buffers = new Map<bigint, Buffer>();
  let next = 1n << 32n;
  const address = (buffer: Uint8Array): bigint => {
    buffers.set((next += 1n << 20n), buffer as Buffer);
    return next;
  };
  const text = (pointer: bigint): string => {
    const [base, buffer] = [...buffers].find(
      ([start, { length }]) => pointer >= start && pointer < start + BigInt(length),
    )!;
    const at = Number(pointer - base);
    return buffer.toString("utf8", at, buffer.indexOf(0, at));
  };
  const strings = (table: Buffer): string[] => {
    const found: string[] = [];
    for (let at = 0; table.readBigUInt64LE(at) !== 0n; at += 8) found.push(text(table.readBigUInt64LE(at)));
    return found;
  };
  assert.deepEqual(strings(cStrings(["/bin/sh", "", "Ω"], address)), ["/bin/sh", "", "Ω"]);
  const env = new CEnvironment({ PATH: "/bin", A: "1", B: "2" }, address);
  assert.deepEqual(strings(env.with()), ["PATH=/bin", "A=1", "B=2"]);
  assert.deepEqual(strings(env.with({ A: "9", C: "ä" })), ["PATH=/bin", "B=2", "A=9", "C=ä"]);
  assert.deepEqual(strings(env.with({ D: "" })), ["PATH=/bin", "A=1", "B=2", "D="]);
});
