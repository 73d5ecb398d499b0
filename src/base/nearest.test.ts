import assert from "node:assert/strict";
import { test } from "node:test";
import { knownWords, nearest, nearestPath } from "./nearest.ts";

const KEYS = ["init", "maxParallel", "priority", "rate", "timeout", "retries", "failed", "arm", "ls", "rm"];

test("a slip in a word is found, and letters that changed places", () => {
  const slips = {
    timout: "timeout",
    prioirty: "priority",
    retires: "retries",
    RATES: "rate",
    fialed: "failed",
    aarm: "arm",
  };
  for (const [word, meant] of Object.entries(slips)) assert.equal(nearest(word, KEYS), meant, word);
});

test("what is far off is not named: a wrong guess misleads", () => {
  for (const word of ["limit", "a", "x", "sm", "wat", "", "shell"]) assert.equal(nearest(word, KEYS), undefined, word);
});

test("a part of one word alone is enough, and a short form", () => {
  assert.deepEqual([nearest("lvl", ["level", "when"]), nearest("cmd", ["command"])], ["level", "command"]);
  assert.deepEqual([nearest("parallel", KEYS), nearest("time", KEYS)], ["maxParallel", "timeout"]);
  assert.equal(nearest("keep", ["keepAge", "keepCount"]), undefined);
});

test("parts of paths are compared one by one", () => {
  const paths = ["/api/v1/tasks", "/api/v1/arms", "/api/v1/tasks/:id/retry", "/healthz"];
  const near = (path: string): string | undefined => nearestPath(path, paths);
  assert.deepEqual([near("/api/v1/taks"), near("/api/v1/tasks/"), near("/health")], [paths[0], paths[0], paths[3]]);
  assert.equal(near("/api/v1/tasks/t1/retri"), paths[2]);
  assert.deepEqual([near("/api/v1/jobs"), near("/api/v2"), near("/api/v1")], [undefined, undefined, undefined]);
});

test("all words are told where the list is short, none where it is long", () => {
  assert.equal(knownWords("limit", ["rate", "init"]), "; known are rate, init");
  assert.equal(knownWords("rte", ["rate", "init"]), " (did you mean rate?)");
  assert.equal(knownWords("limit", []), "");
  assert.equal(
    knownWords(
      "limit",
      Array.from({ length: 100 }, (_, i) => `word${i}`),
    ),
    "",
  );
});
