/** What the options of `submit` and `schedule add` say, as the task that is sent; all of them are read by the protocol, too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTask } from "../protocol/task-fast.ts";
import { arrayTasks, templateOf } from "./submission.ts";

function made(args: string[], options: Record<string, unknown>): unknown {
  const task = templateOf(args, options, "/here");
  parseTask(task);
  return task;
}

function refused(args: string[], options: Record<string, unknown>, words: RegExp): void {
  assert.throws(() => made(args, options), words);
}

test("a plugin gets values as the JSON that they are, and as text otherwise", () => {
  const options = { plugin: "report@2", action: "weekly", arg: ["5", "true", "null", "a b", '"5"'], kwarg: ["x=[1]"] };
  assert.deepEqual(made([], options), {
    plugin: { name: "report@2", action: "weekly", args: [5, true, null, "a b", "5"], kwargs: { x: [1] } },
  });
  refused(["echo"], options, /--plugin takes no command after --/);
});

test("a container has the words after -- as its command, a single one as a command line", () => {
  const options = { docker: "alpine:3", env: ["A=b"], volume: ["/srv:/data:ro"] };
  const base = { image: "alpine:3", env: { A: "b" }, volumes: ["/srv:/data:ro"] };
  assert.deepEqual(made(["ls", "-l"], options), { docker: { ...base, command: ["ls", "-l"] } });
  assert.deepEqual(made(["ls | wc"], options), { docker: { ...base, command: "ls | wc" } });
  assert.deepEqual(made([], { docker: "alpine" }), { docker: { image: "alpine" } });
});

test("a module has arguments, an executor what it is given", () => {
  assert.deepEqual(made(["--width", "8"], { wasm: "resize" }), { wasm: { module: "resize", args: ["--width", "8"] } });
  assert.deepEqual(made([], { uses: "ssh", with: ["host=box", "port=22"] }), {
    uses: "ssh",
    with: { host: "box", port: 22 },
  });
  assert.deepEqual(made([], { uses: "ssh", with: ['{"host": "box"}'] }), { uses: "ssh", with: { host: "box" } });
  refused([], { uses: "ssh", with: ["{host"] }, /--with is no JSON/);
  refused([], { uses: "ssh", env: ["A=b"] }, /--env does not go with --uses/);
});

test("one thing to do, and options where they belong", () => {
  refused([], {}, /say one thing to do/);
  refused([], { plugin: "a", docker: "b" }, /say one thing to do/);
  refused([], { plugin: "a", call: "f" }, /say one thing to do/);
  refused(["x"], { arg: ["1"] }, /--arg belongs to --plugin/);
  refused([], { call: "f", with: ["a=b"] }, /--with belongs to --uses/);
});

test("of many each has its number: as a variable, or as the last value of a plugin", () => {
  const many = (options: Record<string, unknown>): unknown[] =>
    [...arrayTasks(templateOf([], options, undefined), { from: 1, to: 2 })].map((task) => task.plugin ?? task.docker);
  assert.deepEqual(many({ plugin: "p", arg: ["a"] }), [
    { name: "p", args: ["a", 1] },
    { name: "p", args: ["a", 2] },
  ]);
  assert.deepEqual(many({ docker: "i" }), [
    { image: "i", env: { OCTOPUS_ARRAY_INDEX: "1" } },
    { image: "i", env: { OCTOPUS_ARRAY_INDEX: "2" } },
  ]);
});
