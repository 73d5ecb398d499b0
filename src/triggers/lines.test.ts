/** Lines of a stream, however it is cut into pieces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Line, LineCutter } from "./lines.ts";

const TEXT = ["one", "", "zwölf", "x".repeat(5000), "y".repeat(70_000), "last\r", ""].join("\n");

test("the same lines come of any pieces", () => {
  const whole = new LineCutter(100_000, 7, () => assert.fail("too long")).push(Buffer.from(TEXT));
  assert.deepEqual(
    whole.map(({ text }) => text.slice(0, 5)),
    ["one", "zwölf", "xxxxx", "yyyyy", "last"],
  );
  for (const size of [1, 3, 1000, 4096]) {
    const cutter = new LineCutter(100_000, 7, () => assert.fail("too long"));
    const lines: Line[] = [];
    const bytes = Buffer.from(TEXT);
    for (let at = 0; at < bytes.length; at += size) lines.push(...cutter.push(bytes.subarray(at, at + size)));
    assert.deepEqual(lines, whole, `pieces of ${size}`);
  }
});

test("a line that comes byte by byte takes a small multiple of its size", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const cutters = Array.from({ length: 4 }, () => new LineCutter(1_000_000, 0, () => {}));
  const piece = Buffer.from("x");
  collect();
  const before = process.memoryUsage();
  for (let n = 0; n < 256 * 1024; n++) for (const cutter of cutters) cutter.push(piece);
  collect();
  const after = process.memoryUsage();
  const taken = after.heapUsed + after.external - before.heapUsed - before.external;
  assert.ok(taken < 16 * 1024 * 1024, `${taken} bytes for 1 MiB`);
  for (const cutter of cutters) assert.equal(cutter.push(Buffer.from("\n"))[0]?.text.length, 256 * 1024);
});
