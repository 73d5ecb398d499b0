import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeBytes, healBytes } from "../base/utf8.ts";
import { clip, inert, inertLine, inertParts } from "./inert.ts";
import { lookAfter, plainLine, spansOf } from "./ansi.ts";
import { processorMs } from "../../test/machine.ts";

describe("text of strangers", () => {
  it("shows control characters by their numbers, and leaves lines and tabs", () => {
    assert.equal(inert("a\u0000b\u0007c\u001bd\u007fe\u009bf\n\tg"), "a\\x00b\\x07c\\x1bd\\x7fe\\x9bf\n\tg");
    assert.equal(inertLine("a\nb\tc"), "a\\nb c");
  });

  it("names what turns or hides text", () => {
    assert.equal(inert("user\u202etxt.exe"), "user⟨U+202E⟩txt.exe");
    assert.equal(
      inert("a\u2066b\u2069c\u200bd\ufeffe\u00adf\u2028g"),
      "a⟨U+2066⟩b⟨U+2069⟩c⟨U+200B⟩d⟨U+FEFF⟩e⟨U+00AD⟩f⟨U+2028⟩g",
    );
    assert.equal(inert("x\u{e0041}\u{e0042}"), "x⟨U+E0041⟩⟨U+E0042⟩");
  });

  it("leaves scripts and emoji alone", () => {
    const text = "مرحبا بالعالم नमस्ते 👩‍👩‍👧 می‌خواهم ❤️";
    assert.equal(inert(text), text);
  });

  it("tells marks from text", () => {
    assert.deepEqual(inertParts("ab\u0000\u0001c"), [
      { text: "ab", isMark: false },
      { text: "\\x00\\x01", isMark: true },
      { text: "c", isMark: false },
    ]);
    assert.deepEqual(inertParts(""), []);
  });

  it("cuts without halves of pairs", () => {
    assert.deepEqual(clip("ab😀", 3), { text: "ab", more: 2 });
    assert.deepEqual(clip("ab", 3), { text: "ab", more: 0 });
  });
});

describe("bytes that are no text", () => {
  it("keeps what is text, and shows the rest as bytes", () => {
    assert.equal(inert(decodeBytes([0x61, 0xff, 0xc3, 0xa9, 0xc3, 0x62, 0xf0, 0x9f, 0x98, 0x80])), "a\\xffé\\xc3b😀");
  });

  it("takes no overlong forms and no surrogates", () => {
    assert.equal(inert(decodeBytes([0xc0, 0x80, 0xed, 0xa0, 0x80])), "\\xc0\\x80\\xed\\xa0\\x80");
  });

  it("heals a character that was cut in two", () => {
    const bytes = [...new TextEncoder().encode("aé😀ж")];
    for (let at = 0; at <= bytes.length; at++) {
      const whole = healBytes(decodeBytes(bytes.slice(0, at)) + decodeBytes(bytes.slice(at)));
      assert.equal(whole, "aé😀ж");
    }
  });
});

describe("colours", () => {
  const looks = (line: string) => spansOf(line).spans.map(({ text, look }) => [text, look]);

  it("makes spans of sixteen colours, of 256 and of all", () => {
    assert.deepEqual(looks("a\u001b[1;31mb\u001b[0mc"), [
      ["a", {}],
      ["b", { bold: true, fg: 1 }],
      ["c", {}],
    ]);
    assert.deepEqual(looks("\u001b[38;5;208mx\u001b[48;2;1;2;3my\u001b[97mz\u001b[38:2::9:8:7mw"), [
      ["x", { fg: "#ff8700" }],
      ["y", { fg: "#ff8700", bg: "#010203" }],
      ["z", { fg: 15, bg: "#010203" }],
      ["w", { fg: "#090807", bg: "#010203" }],
    ]);
    assert.deepEqual(looks("\u001b[4:3mx\u001b[24my\u001b[7;9mz"), [
      ["x", { underline: true }],
      ["y", {}],
      ["z", { inverse: true, strike: true }],
    ]);
  });

  it("takes out every other sequence", () => {
    assert.equal(
      plainLine("\u001b]0;title\u0007a\u001b[2Jb\u001b[10;10Hc\u001b(Bd\u001b7e\u001bPq#0\u001b\\f"),
      "abcdef",
    );
    assert.equal(plainLine("\u001b]8;;https://evil.example\u001b\\text\u001b]8;;\u001b\\"), "text");
    assert.equal(plainLine("\u009b31mx\u009d0;t\u009cy"), "xy");
  });

  it("hides nothing behind a sequence that has no end", () => {
    assert.equal(inert(plainLine("\u001b]0;all of this")), "\\x1b]0;all of this");
    assert.equal(inert(plainLine("\u001bP never ends")), "\\x1bP never ends");
    assert.equal(inert(plainLine("x\u001b")), "x\\x1b");
  });

  it("shows a progress bar in its last state, in its colour", () => {
    assert.deepEqual(looks("\u001b[32m10%\r50%\r100%\r"), [["100%", { fg: 2 }]]);
    assert.equal(plainLine("done\r"), "done");
    assert.equal(plainLine("done\r\r"), "done");
    assert.equal(plainLine("\r"), "");
  });

  it("carries a look to the next line", () => {
    assert.deepEqual(lookAfter("\u001b[33mwarn"), { fg: 3 });
    assert.deepEqual(spansOf("more\u001b[m", { fg: 3 }), { spans: [{ text: "more", look: { fg: 3 } }], end: {} });
  });

  it("stays quick on hostile lines", () => {
    const began = processorMs();
    for (const piece of [
      "\u001b]",
      "\u009d",
      "\u0090",
      "\u001b[",
      "\u001b[31m",
      "\u001b[38;5;",
      "\u001b[1mx\u001b[0m",
      "\r",
      "\u202e",
      "error",
    ]) {
      const line = piece.repeat(200_000);
      const { spans } = spansOf(line);
      spans.map(({ text }) => inert(text));
      assert.ok(spans.length <= 2002);
    }
    assert.ok(processorMs() - began < 10_000);
  });
});
