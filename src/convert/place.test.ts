import assert from "node:assert/strict";
import { test } from "node:test";
import { compileWorkflow } from "../workflow/mod.ts";
import { convertActions, convertDagu } from "./mod.ts";
import { labelsOf, runnerSelector } from "./place.ts";

test("labels of runners say the system, the processor, or a label of their own", () => {
  assert.deepEqual(runnerSelector(["ubuntu-24.04"]), { selector: "os == linux", odd: [] });
  assert.deepEqual(runnerSelector(["ubuntu-24.04-arm"]), { selector: "os == linux, arch == arm64", odd: [] });
  assert.deepEqual(runnerSelector(["macos-latest"]), { selector: "os == darwin", odd: [] });
  assert.deepEqual(runnerSelector(["self-hosted"]), { odd: [] });
  const own = runnerSelector(["self-hosted", "Linux", "X64", "gpu", "two words"]);
  assert.deepEqual(own, { selector: "os == linux, arch == x64, gpu", odd: ["two words"] });
});

test("labels that a worker must have are taken over when they may be labels here", () => {
  assert.deepEqual(labelsOf({ gpu: true, zone: "attic" }), { gpu: "true", zone: "attic" });
  for (const odd of [undefined, "local", [], {}, { "a b": "c" }, { a: "b c" }, { a: "" }])
    assert.equal(labelsOf(odd), undefined);
});

test("runs-on becomes a target, also where it comes from the matrix", () => {
  const { text, losses } = convertActions(
    `
on: push
jobs:
  build:
    runs-on: \${{ matrix.os }}
    strategy: { matrix: { os: [ubuntu-latest, windows-latest] } }
    steps: [{ run: make }]
  train:
    runs-on: [self-hosted, linux, gpu]
    steps: [{ run: ./train }]
  odd:
    runs-on: { group: big }
    steps: [{ run: ./odd }]
`,
    { source: "ci.yml" },
  );
  const { tasks } = compileWorkflow(text, { source: "w.yaml", check: true });
  assert.deepEqual(tasks.find(({ id }) => id === "train")!.target?.labels, [
    { label: "os", op: "==", values: ["linux"] },
    { label: "gpu", op: "exists", values: [] },
  ]);
  const build = tasks.find(({ id }) => id === "build")!;
  assert.ok(build.work.kind === "each" && build.work.each.task.targetLater !== undefined);
  assert.match(losses.map(({ message }) => message).join("\n"), /the group "big": give its workers a label/);
});

test("a selector of Dagu becomes a target, of its DAG or of the step", () => {
  const { text, losses } = convertDagu(
    `
workerSelector: { zone: attic }
steps:
  - { name: a, command: "true" }
  - { name: b, command: "true", workerSelector: { gpu: "true" } }
`,
    { source: "dag.yaml" },
  );
  const targets = compileWorkflow(text, { source: "w.yaml", check: true }).tasks.map(({ target }) => target?.labels);
  assert.deepEqual(targets, [
    [{ label: "zone", op: "==", values: ["attic"] }],
    [{ label: "gpu", op: "==", values: ["true"] }],
  ]);
  assert.deepEqual(losses, []);
});
