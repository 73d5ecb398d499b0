import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countRows, LINE_LENGTH_MAX, newRows } from "../base/log-rows.ts";
import type { LogStream } from "../base/words.ts";
import type { LogLine } from "../protocol/views.ts";
import { firstError, rowsOf } from "./log-lines.ts";

let n = 0;
function piece(stream: LogStream, text: string, more: Partial<LogLine> = {}): LogLine {
  return { n: ++n, attempt: 1, stream, at: "2026-11-21T12:00:00.000Z", text, ...more };
}

/** As the store numbers them. */
function numbered(pieces: LogLine[]): LogLine[] {
  const state = newRows();
  return pieces.map((one) => {
    const bytes = one.base64 === undefined ? one.text! : Buffer.from(one.base64, "base64");
    const { stream } = one;
    const { line, joins } = countRows(state, {
      stream,
      length: bytes.length,
      indexOf: (sign, from) => bytes.indexOf(sign, from),
    });
    return { ...one, line, ...(joins && { joins }) };
  });
}

describe("lines of output", () => {
  const short = (pieces: LogLine[]) =>
    rowsOf(pieces).map(({ line, stream, text, isWhole }) => `${line} ${stream} ${text}${isWhole ? "" : "…"}`);

  it("numbers lines through pieces of both streams", () => {
    const pieces = numbered([
      piece("stdout", "one\ntwo\nthr"),
      piece("stdout", "ee\nfo"),
      piece("stderr", "oops\n"),
      piece("stdout", "ur\n\n"),
      piece("log", "worker says"),
      piece("log", "two\nlines"),
      piece("stdout", "last"),
    ]);
    const whole = [
      "1 stdout one",
      "2 stdout two",
      "3 stdout three",
      "4 stdout fo…",
      "5 stderr oops",
      "6 stdout ur",
      "7 stdout ",
      "8 log worker says",
      "9 log two",
      "10 log lines",
      "11 stdout last…",
    ];
    assert.deepEqual(short(pieces), whole);
    // From anywhere in the middle the numbers are the same.
    for (let from = 1; from < pieces.length; from++) {
      const rows = short(pieces.slice(from));
      assert.deepEqual(rows.slice(1), whole.slice(whole.length - rows.length + 1));
      assert.equal(rows[0]!.split(" ")[0], whole[whole.length - rows.length]!.split(" ")[0]);
    }
    // A log that was never counted is counted by the reader.
    assert.deepEqual(short(pieces.map((one) => ({ ...one, line: undefined, joins: undefined }))), whole);
  });

  it("says that a line began before", () => {
    const [, second] = numbered([piece("stdout", "abc"), piece("stdout", "def\n")]);
    assert.deepEqual(
      rowsOf([second!]).map(({ text, isTail, line }) => [text, isTail, line]),
      [["def", true, 1]],
    );
  });

  it("heals a character that two pieces share", () => {
    const bytes = Buffer.from("né\n");
    const cut = [bytes.subarray(0, 2), bytes.subarray(2)].map((part) =>
      piece("stdout", "", { base64: part.toString("base64") }),
    );
    for (const one of cut) delete one.text;
    assert.deepEqual(short(numbered(cut)), ["1 stdout né"]);
  });

  it("ends a line after a megabyte", () => {
    const part = "x".repeat(64 * 1024);
    const pieces = numbered(Array.from({ length: 20 }, () => piece("stdout", part)));
    const rows = rowsOf(pieces);
    assert.deepEqual(
      rows.map(({ line, text }) => [line, text.length]),
      [
        [1, LINE_LENGTH_MAX],
        [2, 4 * part.length],
      ],
    );
  });

  it("carries colours over lines, for each stream", () => {
    const rows = rowsOf(
      numbered([piece("stdout", "\u001b[31mred\nstill\n"), piece("stderr", "plain\n"), piece("stdout", "x\n")]),
    );
    assert.deepEqual(
      rows.map(({ look }) => look),
      [{}, { fg: 1 }, {}, { fg: 1 }],
    );
  });

  it("finds the first error", () => {
    const first = (text: string) => firstError(rowsOf([piece("stdout", text)]))?.text;
    assert.equal(
      first("ok\n0 errors, 0 failed\nTypeError: x is not a function\nerror: later\n"),
      "TypeError: x is not a function",
    );
    assert.equal(first("compiling\nsrc/a.c:3:1: error: expected ;\n"), "src/a.c:3:1: error: expected ;");
    assert.equal(first("all is well, terror is not one\n"), undefined);
    assert.equal(firstError(rowsOf([piece("stdout", "a\n"), piece("stderr", "b\n")]))?.text, "b");
  });
});
