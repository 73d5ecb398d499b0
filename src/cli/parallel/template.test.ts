// Replacement strings and quoting. What is expected is what GNU parallel 20221122 prints with --dry-run.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { quoteWord } from "./quote.ts";
import { createTemplate, type TemplateOptions } from "./template.ts";

function line(words: string[], values: string[], options: TemplateOptions = {}, seq = 1): string {
  return createTemplate(words, options).expand(values, seq, 2);
}

test("values are quoted only where they must be, and a shell reads them back to the letter", () => {
  const rows: [string, string][] = [
    ["a b", "'a b'"],
    ["it's", `'it'"'"'s'`],
    ["", "''"],
    ["a/b.c-d_e+f", "a/b.c-d_e+f"],
    ["f:g@h%i", "'f:g@h%i'"],
    ["ü", "'ü'"],
    ["nl\nx", "'nl\nx'"],
  ];
  for (const [value, quoted] of rows) assert.equal(quoteWord(value), quoted);
  const odd = ["$HOME `id` $(id) \\ \" ' ; & | > < * ? [a] {a,b} ~ # ! \t\n x", "-n", "''", "\\'", "~", "é\u2028"];
  for (const value of odd) {
    const read = execFileSync("/bin/sh", ["-c", `printf %s ${quoteWord(value)}`]).toString();
    assert.equal(read, value);
  }
});

test("each replacement string does what it says", () => {
  const rows: [string, string][] = [
    ["dir/file.tar.gz", "dir/file.tar file.tar.gz dir file.tar"],
    ["/x/y", "/x/y y /x y"],
    ["z.", "z z. . z"],
    [".hidden", "'' .hidden . ''"],
    ["a.b/c", "a.b/c c a.b c"],
    ["a.b/", "a.b/ '' . ''"],
    ["/", "/ '' / ''"],
    ["//", "// '' / ''"],
    ["/x", "/x x / x"],
    ["a//b", "a//b b a b"],
    ["./f", "./f f . f"],
  ];
  for (const [value, expected] of rows) assert.equal(line(["{.} {/} {//} {/.}"], [value]), expected, value);
  assert.equal(line(["{#}:{%}:{}"], ["x"], {}, 7), "7:2:x");
  assert.equal(line(["{2} {1.} {-1} {-1/} {3}|{-3}"], ["a.b", "c/d"]), "c/d a c/d d |");
  assert.throws(() => line(["echo", "{= s/a/b/ =}"], ["v"]), /Perl in a replacement string/);
  assert.equal(line(["{}{}"], ["a b"]), "'a b''a b'");
  assert.equal(line(["{x} {1x}"], ["v"]), "{x} {1x} v", "what is none of them is text");
});

test("without one the values stand at the end; the number of the job counts as one", () => {
  assert.equal(line(["echo"], ["a", "b c"]), "echo a 'b c'");
  assert.equal(line(["echo", "a  b", "$x"], ["1"]), "echo a  b $x 1");
  assert.equal(line(["echo", "{#}"], ["a"]), "echo 1");
  assert.equal(line([], ["echo  'x' | cat"]), "echo  'x' | cat");
});

test("-q takes each word as it is, -I another string for {}", () => {
  assert.equal(line(["echo", "a  b", "$x", "{}"], ["1"], { quote: true }), "echo 'a  b' '$x' 1");
  assert.equal(line(["perl", "-ne", '/x{}/ && "$y"'], ["a b"], { quote: true }), `perl -ne '/xa b/ && "$y"'`);
  assert.equal(line(["echo", "{}"], ["a b", "c"], { quote: true }), "echo 'a b' c");
  assert.equal(line(["echo", "$x"], ["a b"], { quote: true }), "echo '$x' 'a b'");
  assert.equal(line(["echo", ",,x", "{}", "{.}"], ["a.b"], { replace: ",," }), "echo a.bx {} a");
});

test("many values stand side by side, or with the word around them for each", () => {
  assert.equal(line(["echo x{}y"], ["a", "b", "c"]), "echo xa b cy");
  assert.equal(line(["echo", "x{}y"], ["a", "b", "c"], { context: true }), "echo xay xby xcy");
  assert.equal(line(["echo pre-{}-{.} z{/}"], ["a.x", "b.y"], { context: true }), "echo pre-a.x-a pre-b.y-b za.x zb.y");
  assert.equal(line(['echo "pre {} x"'], ["a", "b"], { context: true }), 'echo "pre a b x"');
  assert.equal(line(["echo {} and {.}"], ["a.x", "b.y"]), "echo a.x b.y and a b");
});
