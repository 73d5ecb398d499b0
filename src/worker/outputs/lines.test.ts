// What commands write to $OCTOPUS_OUTPUT, read: what is meant, and what is refused with words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NAME_FORM } from "../../protocol/common.ts";
import { OUTPUTS_MAX, parseOutputLines } from "./lines.ts";
import { processorMs } from "../../../test/machine.ts";

function values(text: string): Record<string, string> {
  const lines = parseOutputLines(Buffer.from(text));
  assert.ok("values" in lines, JSON.stringify(lines));
  return Object.fromEntries(lines.values);
}

function fault(bytes: string | Buffer): string {
  const lines = parseOutputLines(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
  assert.ok("fault" in lines, "it must be refused");
  return lines.fault;
}

test("lines of one value: the first = counts, the last line of a key wins, space around keys does not count", () => {
  assert.deepEqual(values("a=1\nb=x=y = z \n\n  \n c = d\na=2"), { a: "2", b: "x=y = z ", c: " d" });
  assert.deepEqual(values(""), {});
  assert.deepEqual(values("empty=\nurl=https://x/?a<<b"), { empty: "", url: "https://x/?a<<b" });
  assert.deepEqual(values("data-set.v1/a:b=ü ☃"), { "data-set.v1/a:b": "ü ☃" });
});

test("values of several lines end with their mark, and keep everything between as it was", () => {
  assert.deepEqual(values("text<<EOF\none\n\n two=2\nEOFX\nEOF\nnext=1\n"), { text: "one\n\n two=2\nEOFX", next: "1" });
  assert.deepEqual(values("none<<E\nE\n"), { none: "" });
  assert.deepEqual(values("line<<E\n\nE"), { line: "" });
  assert.deepEqual(values("lines<<E\n\n\nE"), { lines: "\n" });
  assert.deepEqual(values("a << E O F \nx\nE O F\nb=1"), { a: "x", b: "1" });
});

test("line ends of Windows and a byte order mark are understood", () => {
  assert.deepEqual(values("\ufeffa=1\r\nb<<E\r\none\r\ntwo\r\nE\r\nc=3\r\n"), { a: "1", b: "one\r\ntwo", c: "3" });
});

test("rubbish is refused with its line and what is allowed", () => {
  assert.match(fault("a=1\nhello world\n"), /^line 2 is "hello world": each line must read key=value/);
  assert.match(fault("a<<E\n1\nE\n\n=x"), /^line 5 names an output "": it must begin with a letter/);
  assert.match(fault("a b=1"), /^line 1 names an output "a b"/);
  assert.match(fault(`${"k".repeat(129)}=1`), /^line 1 names an output "k{60}…"/);
  assert.match(fault("a<<\nx"), /^line 1 is "a<<": after << must stand/);
  assert.match(
    fault("x=1\na<<EOF\none\n EOF\n"),
    /^the value of a begins in line 2 and is never ended by a line "EOF"/,
  );
  assert.match(fault("a=1\0"), /^the value of a \(line 1\) holds a NUL/);
  assert.match(fault(Buffer.from([0x61, 0x3d, 0xff])), /^it is not text in UTF-8/);
  assert.match(fault(Buffer.from("a=1", "utf16le")), /NUL|must begin with/);
  assert.match(fault("\0".repeat(100)), /^line 1 is /);
});

test("names that objects have of themselves are names like others", () => {
  const lines = parseOutputLines(Buffer.from("__proto__=1\nconstructor=2\n"));
  assert.ok("values" in lines);
  assert.deepEqual(
    [...lines.values],
    [
      ["__proto__", "1"],
      ["constructor", "2"],
    ],
  );
});

test("the number of names is bounded, and a megabyte is read at once", () => {
  const many = Array.from({ length: OUTPUTS_MAX + 1 }, (_, i) => `k${i}=1`);
  assert.match(fault(many.join("\n")), /names more than 1000 outputs/);
  assert.equal(Object.keys(values(many.slice(1).join("\n"))).length, OUTPUTS_MAX);
  const begun = processorMs();
  assert.equal(values(`a=${"x".repeat(1024 ** 2)}`)["a"]!.length, 1024 ** 2);
  assert.equal(values("a=1\n".repeat(250_000))["a"], "1");
  assert.match(fault(`${"a<<E\nE\n".repeat(100_000)}b<<Z`), /line 200001 /);
  const took = processorMs() - begun;
  assert.ok(took < 5000, `${took} ms`);
});

test("the same names are allowed as everywhere", () => {
  for (const name of ["a", "_", "a-b.c:d/e", "9", "-", "ä", "a b", "a".repeat(128), "a".repeat(129)]) {
    assert.equal("values" in parseOutputLines(Buffer.from(`${name}=1`)), NAME_FORM.test(name), name);
  }
});
