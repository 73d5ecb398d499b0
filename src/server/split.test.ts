// Goal: where the chunks are cut makes no difference.
// Method: cut bodies at every byte, and at random in several places.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OctopusError } from "../base/errors.ts";
import { createIntake } from "./intake.ts";
import { createArraySplitter, createLineSplitter, type Piece, type Splitter } from "./split.ts";

const MAX = 100_000;

/** The pieces of `bytes` when it arrives cut at `cuts`. */
function piecesOf(splitter: Splitter, bytes: Buffer, cuts: readonly number[]): Piece[] {
  const pieces: (Piece | undefined)[] = [];
  let from = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    pieces.push(splitter.push(bytes.subarray(from, cut)));
    from = cut;
  }
  pieces.push(splitter.end());
  return pieces.filter((piece) => piece !== undefined);
}

/** The values of an array that arrives cut, with numbering checked. */
function arrayValues(bytes: Buffer, cuts: readonly number[]): unknown[] {
  const values: unknown[] = [];
  for (const piece of piecesOf(createArraySplitter(MAX), bytes, cuts)) {
    assert.equal(piece.first, values.length);
    const parsed = JSON.parse(`[${piece.bytes.toString()}]`) as unknown[];
    assert.equal(parsed.length, piece.count);
    values.push(...parsed);
  }
  return values;
}

test("an array is the same wherever it is cut", () => {
  const value = [{ a: '"],\\', b: [[], {}, [1, { c: "[{" }]] }, 'ä€😀\\\\"', 1, null, [], {}, "\\", ",", true];
  for (const text of [JSON.stringify(value), ` \n${JSON.stringify(value, undefined, 2)}\r\n\t `]) {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(arrayValues(bytes, [cut]), value, `cut at ${cut}`);
    assert.deepEqual(arrayValues(bytes, [...bytes.keys()]), value, "cut everywhere");
  }
  for (const empty of ["[]", " [ \n] "]) assert.deepEqual(arrayValues(Buffer.from(empty), [1, 2]), []);
});

test("any array is the same however it is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.nat(), { maxLength: 8 }), fc.nat(3), (value, cuts, indent) => {
      const bytes = Buffer.from(JSON.stringify(value, undefined, indent));
      const expected: unknown = JSON.parse(bytes.toString());
      assert.deepEqual(
        arrayValues(
          bytes,
          cuts.map((cut) => cut % (bytes.length + 1)),
        ),
        expected,
      );
    }),
    { numRuns: 500 },
  );
});

test("lines are the same however they are cut, and keep their numbers", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.array(fc.nat(), { maxLength: 8 }), (lines, cuts) => {
      const bytes = Buffer.from(lines.join("\n"));
      const seen: string[] = [];
      for (const piece of piecesOf(
        createLineSplitter(MAX),
        bytes,
        cuts.map((cut) => cut % (bytes.length + 1)),
      )) {
        assert.equal(piece.first, seen.length);
        const parts = piece.bytes.toString().split("\n");
        assert.equal(parts.length, piece.count);
        seen.push(...parts);
      }
      // A newline at the end does not begin another line.
      assert.deepEqual(seen, lines.at(-1) === "" ? lines.slice(0, -1) : lines);
    }),
    { numRuns: 500 },
  );
});

test("the intake takes what JSON.parse takes, and refuses what it refuses", () => {
  const task = fc.constantFrom(
    '{"call":"a"}',
    '{"call":"b","input":[1,"],"]}',
    '{"shell":"x"}',
    "{",
    "}",
    "[",
    "]",
    ",",
    " ",
    '"',
    "\\",
    "1",
  );
  const check = (text: string, cuts: readonly number[]): void => {
    let expected: number | undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (
        Array.isArray(value) &&
        value.every(
          (one) => typeof one === "object" && one !== null && !Array.isArray(one) && Object.keys(one).length > 0,
        )
      ) {
        expected = value.length;
      }
    } catch {
      expected = undefined;
    }
    let taken: number | undefined;
    try {
      const intake = createIntake("array", MAX);
      const bytes = Buffer.from(text);
      let from = 0;
      for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
        intake.take(bytes.subarray(from, cut));
        from = cut;
      }
      taken = intake.finish().length;
    } catch (error) {
      assert.ok(error instanceof OctopusError, String(error));
    }
    assert.equal(taken, expected, text);
  };
  fc.assert(
    fc.property(
      fc.array(task, { maxLength: 10 }),
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 4 }),
      (parts, comma, cuts) => {
        check(`[${parts.join(comma ? "," : "")}]`, cuts);
        check(parts.join(""), cuts);
      },
    ),
    { numRuns: 2000 },
  );
});

test("an element or a line without end is refused at its limit, not kept", () => {
  const endless = Buffer.alloc(1000, 0x20);
  for (const splitter of [createArraySplitter(10_000), createLineSplitter(10_000)]) {
    splitter.push(Buffer.from('["'));
    const feed = (): void => {
      for (let chunk = 0; chunk < 20; chunk++) splitter.push(endless);
    };
    assert.throws(feed, (error) => error instanceof OctopusError && error.code === "too_large");
  }
});
