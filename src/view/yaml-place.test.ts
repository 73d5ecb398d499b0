/** `|` is the caret. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { namesUnder, yamlIndent, yamlKeyAt, yamlPlace } from "./yaml-place.ts";

function at(marked: string): [path: string, kind: string, word: string] {
  const offset = marked.indexOf("¦");
  const text = marked.replace("¦", "");
  const { path, kind, word, from } = yamlPlace(text, offset);
  if (kind !== "text") assert.equal(text.slice(from, offset), word, "the word stands where it begins");
  return [path.join("."), kind, word];
}

test("the keys over the caret are those with less indentation", () => {
  const cases: [text: string, seen: [string, string, string]][] = [
    ["¦", ["", "key", ""]],
    ["na¦", ["", "key", "na"]],
    ["name: x¦", ["name", "value", "x"]],
    ["name: ¦", ["name", "value", ""]],
    ["tasks:\n  a:\n    sh¦", ["tasks.a", "key", "sh"]],
    ["tasks:\n  a:\n    shell: x\n\n  # words\n  b¦", ["tasks", "key", "b"]],
    ["tasks:\n  a:\n    shell: x\n    trigger: al¦", ["tasks.a.trigger", "value", "al"]],
    ["tasks:\n  a:\n    needs:\n      - x\n      - ¦", ["tasks.a.needs.0", "key", ""]],
    ["tasks:\n  a:\n    needs:\n    - x\n    - y¦", ["tasks.a.needs.0", "key", "y"]],
    ["schedule:\n- cron: x\n  zo¦", ["schedule.0", "key", "zo"]],
    ["schedule:\n  - cron: x\n    zone: E¦", ["schedule.0.zone", "value", "E"]],
    ["tasks:\n  a: { ne¦", ["tasks.a", "key", "ne"]],
    ["tasks:\n  a: { needs: b, shell: x, ¦", ["tasks.a", "key", ""]],
    ["tasks:\n  a: { needs: [b, c¦", ["tasks.a.needs.0", "value", "c"]],
    ["tasks:\n  a: { retries: { limit: 1 }, wh¦", ["tasks.a", "key", "wh"]],
    ["tasks:\n  a: { shell: 'x, y: z', wh¦", ["tasks.a", "key", "wh"]],
    ["tasks:\n  a: {shell: x} ¦", ["tasks.a", "text", ""]],
    ["tasks:\n  a:\n    shell: |\n      echo a¦", ["tasks.a.shell", "text", ""]],
    ["tasks:\n  a: # no¦", ["tasks", "text", ""]],
    ["a:\n  b:\n    c: 1\nd¦", ["", "key", "d"]],
    ['"a b":\n  c¦', ["a b", "key", "c"]],
    ["tasks:\n  a.b/c:\n    x¦", ["tasks.a.b/c", "key", "x"]],
  ];
  for (const [text, seen] of cases) assert.deepEqual(at(text), seen, text);
});

test("a key is found wherever in it the pointer is, and nothing else is", () => {
  const text = "tasks:\n  fetch:\n    shell: ls\n  load: { needs: fetch }";
  const of = (word: string) => yamlKeyAt(text, text.indexOf(word) + 1)?.path;
  assert.deepEqual(of("fetch:"), ["tasks", "fetch"]);
  assert.deepEqual(of("shell"), ["tasks", "fetch", "shell"]);
  assert.deepEqual(of("needs"), ["tasks", "load", "needs"]);
  assert.equal(of("ls"), undefined);
  assert.equal(yamlKeyAt(text, 6), undefined);
});

test("a new line stands under what the line before it opens", () => {
  const cases: [line: string, columns: number][] = [
    ["tasks:", 2],
    ["  a:", 4],
    ["  a: x", 2],
    ["    shell: |", 6],
    ["    shell: >- # folded", 6],
    ["  - cron: x", 4],
    ["  - ", 4],
    ["", 0],
  ];
  for (const [line, columns] of cases) assert.equal(yamlIndent(line), columns, line);
});

test("names under a key of the top are told", () => {
  assert.deepEqual(namesUnder("name: x\ntasks:\n  # one\n  a: x\n  b:\n    shell: y\n\n  c: {}\noutputs: 1", "tasks"), [
    "a",
    "b",
    "c",
  ]);
  assert.deepEqual(namesUnder("name: x", "tasks"), []);
});

test("no text and no place in it brings it to fall", () => {
  const text = "a: [\n- {b: 'c\n  - - d: |\n \t- x: \"\n: :\n{ }, # - \n-";
  for (let i = 0; i <= text.length; i++) {
    yamlPlace(text, i);
    yamlKeyAt(text, i);
  }
});
