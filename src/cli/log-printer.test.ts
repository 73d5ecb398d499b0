import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLine } from "../protocol/views.ts";
import { createRawPrinter } from "./log-printer.ts";

function printed(...lines: [LogLine["stream"], string][]): string {
  const parts: Uint8Array[] = [];
  const printer = createRawPrinter((bytes) => void parts.push(bytes));
  lines.forEach(([stream, text], n) => printer.print({ n, attempt: 1, stream, at: "2026-11-21T08:00:00Z", text }));
  printer.end();
  return Buffer.concat(parts).toString();
}

test("output is printed as it was, byte for byte, with no newline of ours", () => {
  assert.equal(printed(["stdout", "a"], ["stderr", "b\n"], ["stdout", "c"]), "ab\nc");
});

test("what the worker says of the output never stands in the middle of a line", () => {
  assert.equal(printed(["stdout", "half"], ["log", "the rest was dropped"]), "half\nthe rest was dropped\n");
  assert.equal(printed(["log", "one\n"], ["log", "two"], ["stdout", "x\n"]), "one\ntwo\nx\n");
});
