import assert from "node:assert/strict";
import { test } from "node:test";
import { diffDefinitions } from "./diff.ts";

test("comments, order and ways of writing are no difference", () => {
  const definition = "name: w\ntasks:\n  a: {shell: x, env: {B: 1, A: 2}} # why\n";
  const other = '{"tasks": {"a": {"env": {"A": 2, "B": 1}, "shell": "x"}}, "name": "w"}';
  assert.deepEqual(diffDefinitions({ definition }, { definition: other }), []);
});

test("what was added, removed and changed is named by its path, also in files and further documents", () => {
  const before = {
    definition: "tasks: {a: x, b: {shell: y, needs: [a]}}\n---\nname: in\ntasks: {t: 1}\n",
    files: { "sub/x.yaml": "tasks: {t: x}" },
  };
  const after = {
    definition: "tasks: {b: {shell: z, needs: [a, c]}, c: w}\n---\nname: in\ntasks: {t: 2}\n",
    files: { "sub/y.yaml": "tasks: {t: x}" },
  };
  assert.deepEqual(diffDefinitions(before, after), [
    { path: "tasks.a", before: "x" },
    { path: "tasks.b.shell", before: "y", after: "z" },
    { path: "tasks.b.needs", before: ["a"], after: ["a", "c"] },
    { path: "tasks.c", after: "w" },
    { path: "in: tasks.t", before: 1, after: 2 },
    { path: "sub/x.yaml: ", before: { tasks: { t: "x" } } },
    { path: "sub/y.yaml: ", after: { tasks: { t: "x" } } },
  ]);
});
