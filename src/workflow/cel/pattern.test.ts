/** The linear matcher says what JavaScript's says, and stays quick where that one does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Pattern, PatternError } from "./pattern.ts";
import { processorMs } from "../../../test/machine.ts";

test("it agrees with JavaScript on what both know", () => {
  const patterns = [
    ..."abc|^a.c$|a*b+c?|(ab|cd)*e|^[a-f0-9]{3,5}$|[^xyz]+|\\d+-\\d{2}|\\bfoo\\b|^$|a{0,2}b|x|(?:a|b|)c".split(","),
    "^v(\\d+)\\.(\\d+)\\.(\\d+)$",
    "^(a|ab)(c|bcd)(d*)$",
    "[\\w.+-]+@[\\w-]+\\.[a-z]{2,}",
    "^\\s*#",
    "[]a]b",
    "\\Bb",
    "a|b|",
    "é+",
    "^[-a]+$",
    "a\\{2\\}",
    "[\\]x]",
    "\\/x",
  ];
  const texts = [
    "",
    "abc",
    "a",
    "ab",
    "abcd",
    "aaab",
    "fff",
    "12-34",
    "a foo b",
    "food",
    "v1.22.3",
    "me@x.org",
    "  # x",
  ];
  texts.push("éé", "]b", "--a", "a{2}", "]", "x", "/x", "cdcde", "c", "abc\n", "\n");
  for (const pattern of patterns) {
    const own = new Pattern(pattern);
    const theirs = new RegExp(pattern.replace("[]a]", "[\\]a]"));
    for (const text of texts) assert.equal(own.test(text), theirs.test(text), `${pattern} on ${JSON.stringify(text)}`);
  }
});

test("what RE2 knows and JavaScript does not", () => {
  assert.ok(new Pattern("(?i)hello").test("HeLLo"));
  assert.ok(!new Pattern("(?i:h)ello").test("HELLO"));
  assert.ok(new Pattern("(?s)a.b").test("a\nb"));
  assert.ok(!new Pattern("a.b").test("a\nb"));
  assert.ok(new Pattern("(?m)^b$").test("a\nb\nc"));
  assert.ok(new Pattern("\\A[[:alpha:]]+\\z").test("abc"));
  assert.ok(new Pattern("^\\pL+$").test("äb"));
  assert.ok(new Pattern("(?P<year>\\d{4})").test("in 2026"));
  assert.ok(new Pattern("\\x{1F419}").test("🐙"));
});

test("patterns that keep a backtracking engine busy for years", () => {
  for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a*)*b$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"]) {
    const start = processorMs();
    assert.equal(new Pattern(pattern).test(`${"a".repeat(5000)}!x`), false, pattern);
    assert.ok(processorMs() - start < 2000, pattern);
  }
});

test("refused: what is no pattern, and what would be too large", () => {
  const refused: Record<string, RegExp> = {
    "(": /without its \)/,
    ")": /without its \(/,
    "[a": /without its \]/,
    "*a": /nothing before it/,
    "(?=a)": /looks ahead/,
    "(?<!a)b": /looks ahead/,
    "(a)\\1": /unknown escape/,
    "a{3,1}": /must rise/,
    "a{2000}": /at most 1000/,
    "((a{100}){100}){100}": /repeats too much/,
    "[z-a]": /not a character/,
    "a**": /repeats a repetition/,
    ["(".repeat(200)]: /nested more than/,
    ["a".repeat(1001)]: /more than 1000/,
  };
  for (const [pattern, words] of Object.entries(refused)) {
    assert.throws(
      () => new Pattern(pattern),
      (error) => error instanceof PatternError && words.test(error.message),
      pattern,
    );
  }
});
