// Outputs by what their task says of them: types, sizes, what must be there.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../../base/words.ts";
import { ShellWork } from "../../protocol/work/shell.ts";
import { StdoutCapture } from "./stdout.ts";
import { outputsOf, stdoutWanted, TOTAL_BYTES_MAX } from "./values.ts";

type Given = NonNullable<(typeof ShellWork)["_input"]["outputs"]>;

function read(
  outputs: Given | undefined,
  file: Record<string, string>,
  stdout = "",
): Json | undefined | { fault: string } {
  const declared = ShellWork.parse({ command: "x", ...(outputs && { outputs }) }).outputs;
  const wanted = stdoutWanted(declared);
  const capture = wanted === undefined ? undefined : new StdoutCapture(wanted);
  for (let at = 0; at < stdout.length; at += 1000) capture?.write(Buffer.from(stdout.slice(at, at + 1000)));
  const made = outputsOf(declared, new Map(Object.entries(file)), capture?.end());
  return "fault" in made ? made : made.result;
}

test("without a declaration everything is text, and nothing is nothing", () => {
  assert.deepEqual(read(undefined, { a: "1", b: "true" }), { a: "1", b: "true" });
  assert.equal(read(undefined, {}), undefined);
  assert.equal(read({ a: "integer" }, {}), undefined);
});

test("each type takes what it is and refuses the rest", () => {
  const rows: [NonNullable<Exclude<Given[string], object>>, string, Json | undefined][] = [
    ["string", "12", "12"],
    ["number", " 12.5 ", 12.5],
    ["number", "1e3", 1000],
    ["number", "0x10", undefined],
    ["number", "NaN", undefined],
    ["number", "1e999", undefined],
    ["number", "", undefined],
    ["integer", "42", 42],
    ["integer", "-7\n", -7],
    ["integer", "42.5", undefined],
    ["integer", "9007199254740993", undefined],
    ["boolean", "true", true],
    ["boolean", "yes", undefined],
    ["array", "[1, {}]", [1, {}]],
    ["array", "{}", undefined],
    ["object", '{"a": [1]}', { a: [1] }],
    ["object", "null", undefined],
    ["object", "[]", undefined],
    ["object", "{", undefined],
  ];
  for (const [type, text, expected] of rows) {
    const made = read({ x: type }, { x: text });
    if (expected !== undefined) assert.deepEqual(made, { x: expected }, `${type} ${text}`);
    else
      assert.match(
        (made as { fault: string }).fault,
        new RegExp(`^the output x must be .* \\(its type is ${type}\\), not `),
      );
  }
  assert.deepEqual(read({ x: "integer" }, { x: "nine" }), {
    fault: 'the output x must be a whole number of at most 9007199254740991 (its type is integer), not "nine"',
  });
});

test("standard output is taken without its last line ends, once for each that asks", () => {
  const outputs: Given = { tag: { from: "stdout" }, data: { from: "stdout", type: "object" } };
  assert.deepEqual(read({ tag: { from: "stdout" } }, { other: "x" }, "v1.2\nsecond\r\n\n"), {
    other: "x",
    tag: "v1.2\nsecond",
  });
  assert.deepEqual(read(outputs, {}, '{"a":1}\n'), { tag: '{"a":1}', data: { a: 1 } });
  assert.deepEqual(read(outputs, {}, ""), { tag: "" });
  assert.match(
    (read({ n: { from: "stdout", type: "integer", required: true } }, {}, "") as { fault: string }).fault,
    /wrote nothing/,
  );
  const binary = new StdoutCapture(10);
  binary.write(Buffer.from([0xff, 0xfe]));
  const made = outputsOf({ x: { from: "stdout" } }, new Map(), binary.end());
  assert.match((made as { fault: string }).fault, /the output x is the standard output, which is not text/);
});

test("what is required must be there, and a near name is pointed out", () => {
  const outputs: Given = { rows: { type: "integer", required: true } };
  assert.match(
    (read(outputs, {}) as { fault: string }).fault,
    /the output rows is required.*echo "rows=…" >> "\$OCTOPUS_OUTPUT"/,
  );
  assert.match((read(outputs, { row: "3" }) as { fault: string }).fault, /it left row: did it mean rows\?/);
  assert.deepEqual(read(outputs, { rows: "3", note: "x" }), { rows: 3, note: "x" });
});

test("a value over its cap is refused with both sizes; what is not kept costs no memory", () => {
  assert.match(
    (read({ x: { max: 10 } }, { x: "ü".repeat(6) }) as { fault: string }).fault,
    /^the output x has 12 B.*may have 10 B.*outputs\.x\.max/,
  );
  assert.match(
    (read({ x: { from: "stdout", max: 1000 } }, {}, "y".repeat(5000)) as { fault: string }).fault,
    /^the output x has 4.9 KiB, and may have 1000 B/,
  );
  assert.match(
    (read({ x: { from: "stdout" } }, {}, "y".repeat(1024 ** 2 + 1)) as { fault: string }).fault,
    /may have 1 MiB/,
  );
  assert.equal(
    (read({ x: { from: "stdout", max: "2MiB" } }, {}, "y".repeat(1024 ** 2 + 1)) as { x: string }).x.length,
    1024 ** 2 + 1,
  );
  assert.equal(
    stdoutWanted(ShellWork.parse({ command: "x", outputs: { x: { from: "stdout", max: "1GiB" } } }).outputs),
    TOTAL_BYTES_MAX,
  );
  const two: Given = { x: { from: "stdout", max: "16MiB" }, y: { from: "stdout", max: "16MiB" } };
  assert.match(
    (read(two, {}, "z".repeat(9 * 1024 ** 2)) as { fault: string }).fault,
    /^the outputs have 18 MiB together, and may have 16 MiB/,
  );
});

test("an output may be called as objects' own things are", () => {
  const made = outputsOf(undefined, new Map([["__proto__", "1"]]), undefined);
  assert.ok("result" in made);
  assert.equal(JSON.stringify(made.result), '{"__proto__":"1"}');
});
