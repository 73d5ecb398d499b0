/** Lines have their exact width, whatever stands in them, and nothing in them moves a cursor. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { width } from "../view/text.ts";
import { depthOf, painted } from "./sgr.ts";
import { fit, span, steady, textOf, wrapped } from "./spans.ts";

test("a line is as wide as it should be, and harmless", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (texts, columns) => {
      const line = fit(
        texts.map((one) => span(one)),
        columns,
      );
      assert.equal(width(textOf(line)), columns);
      assert.doesNotMatch(textOf(line), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});

test("what is too long ends with a mark, and columns can stand to the right", () => {
  assert.equal(textOf(fit("abcdef", 4)), "abc…");
  assert.equal(textOf(fit("日本語", 4)), "日… ");
  assert.equal(textOf(fit("12", 4, "right")), "  12");
  assert.equal(textOf(fit("", 3)), "   ");
});

test("signs of which terminals do not know the width are written as others", () => {
  assert.equal(steady("👨‍👩‍👧"), "👨👩👧");
  assert.equal(steady("🇩🇪 👍🏽 ❤️"), "DE 👍 ❤");
  assert.equal(steady("e\u0301\u0301\u0301\u0301"), "e\u0301\u0301");
  assert.equal(steady("a\u202eb"), "a⟨U+202E⟩b");
});

test("text is broken between words, and long words anywhere", () => {
  const lines = (text: string, columns: number): string[] => wrapped(text, columns).map((line) => textOf(line));
  assert.deepEqual(lines("one two three", 8), ["one two", "three"]);
  assert.deepEqual(lines("abcdefghij", 4), ["abcd", "efgh", "ij"]);
  assert.deepEqual(lines("a\nb", 10), ["a", "b"]);
});

test("colours are what the terminal has", () => {
  const line = [span("x", { fg: 1, bold: true }), span("y", { fg: "#ff8700" }), span("z")];
  assert.equal(painted(line, "true"), "\u001b[1;31mx\u001b[0m\u001b[38;2;255;135;0my\u001b[0mz");
  assert.equal(painted(line, "256"), "\u001b[1;31mx\u001b[0m\u001b[38;5;208my\u001b[0mz");
  assert.match(painted(line, "16"), /^\u001b\[1;31mx\u001b\[0m\u001b\[(33|93|31|91)my\u001b\[0mz$/);
  assert.equal(painted(line, "none"), "\u001b[1mx\u001b[0myz");
  assert.equal(painted(line, "plain"), "xyz");
  assert.equal(depthOf({ TERM: "xterm-256color" }), "256");
  assert.equal(depthOf({ TERM: "xterm", COLORTERM: "truecolor" }), "true");
  assert.equal(depthOf({ TERM: "xterm" }), "16");
  assert.equal(depthOf({ TERM: "xterm-256color", NO_COLOR: "1" }), "none");
});
