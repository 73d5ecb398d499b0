/** Where tasks of a workflow run: what files say of it, and what members make of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import type { ScopeSource, ScopeTask } from "../protocol/evaluator.ts";
import type { EachWork } from "../protocol/node.ts";
import { selectorText } from "../protocol/selector.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { compileWorkflow } from "./compile.ts";
import { createEvaluator } from "./evaluator.ts";
import { RunView } from "./run-view.ts";

const compile = (text: string, params = {}) => compileWorkflow(text, { source: "w.yaml", params });
const first = (text: string, params = {}): TaskSpec => compile(text, params).tasks[0]!;

function problems(text: string): string[] {
  try {
    compile(text);
  } catch (error) {
    assert.ok(error instanceof OctopusError);
    return (error.issues ?? []).map(({ path, message }) => `${path} ${message}`);
  }
  return [];
}

const source: ScopeSource = {
  run: { id: "r1", workflow: "w", createdAt: 0, params: {}, scope: {}, depth: 0, files: {} },
  task: () => undefined,
  workflow: () => undefined,
};

function membersOf(spec: TaskSpec): TaskSpec[] {
  const prepared = createEvaluator().prepare(spec, source);
  assert.ok(prepared.type === "each", JSON.stringify(prepared));
  return Array.from({ length: prepared.total }, (_, index) => prepared.member(index));
}

function over(spec: TaskSpec, ...names: string[]): TaskSpec {
  const { each } = spec.work as { each: EachWork };
  return { ...spec, work: { kind: "each", each: { ...each, items: names } } };
}

test("a target in a file is that of a submission", () => {
  const spec = first(`
params: { zone: attic }
tasks:
  a:
    shell: train
    resources: { gpu: { index: [0, 2] }, cpu: 2 }
    target: { labels: { zone: "\${{ params.zone }}", gpu: true }, prefer: disk == ssd, apart: "\${{ params.zone }}", near: true }
`);
  assert.deepEqual(spec.target, {
    labels: [
      { label: "zone", op: "==", values: ["attic"] },
      { label: "gpu", op: "==", values: ["true"] },
    ],
    prefer: [{ labels: [{ label: "disk", op: "==", values: ["ssd"] }], weight: 1 }],
    apart: "attic",
    near: true,
  });
  assert.deepEqual([spec.resources, spec.units], [{ gpu: 2000, cpu: 2000 }, { gpu: [0, 2] }]);
  assert.equal(first("tasks: { a: { shell: x, target: box1 } }").worker, "box1");
  assert.equal(first("tasks: { a: { shell: x, worker: Anyone } }").worker, undefined);
  const after = first("tasks: { a: { shell: x, onFailure: { shell: y, target: box2 } } }").on![0]!;
  assert.equal(after.task.worker, "box2");
});

test("a target at the top is for tasks that say neither worker nor target, and one that is given is stronger", () => {
  const text = `
target: { labels: zone == attic }
tasks:
  a: x
  b: { shell: x, worker: box1 }
  c: { shell: x, target: { labels: gpu } }
  d: { approval: ok }
  e: { shell: x, worker: ALL, needs: [a] }
`;
  const labels = (options: object): (string | undefined)[] =>
    compileWorkflow(text, { source: "w.yaml", ...options }).tasks.map((task) => {
      const { target, worker } = task.work.kind === "each" ? task.work.each.task : task;
      return worker ?? (target?.labels && selectorText(target.labels));
    });
  assert.deepEqual(labels({}), ["zone == attic", "box1", "gpu", undefined, undefined]);
  assert.deepEqual(labels({ target: "box2" }), ["box2", "box1", "gpu", undefined, undefined]);
  const all = compileWorkflow(text, { source: "w.yaml", target: "all" }).tasks;
  assert.deepEqual(
    all.map(({ kind }) => kind),
    ["each", "shell", "shell", "approval", "each"],
  );
  assert.deepEqual(all[0]!.name, "a");
});

test("what is wrong with a target is told where it stands", () => {
  const text =
    "tasks:\n  a: { shell: x, target: { labels: 'gpu ==' } }\n  b: { shell: x, worker: c, target: d }\n  e: { shell: x, target: [f] }";
  const told = problems(text);
  assert.match(told[0]!, /2:\d+ .*tasks\.a\.target\.labels must say which value of gpu/);
  assert.match(told[1]!, /tasks\.b\.target says worker d, and beside it stands worker c: say it once/);
  assert.match(told[2]!, /tasks\.e\.target must be the name of a worker, or \{worker, labels,/);
});

test("members have the targets of their items", () => {
  const spec = first(`
tasks:
  a:
    each: [{ at: attic, box: box1, n: 3 }, { at: "a b", box: box2, n: 4 }]
    shell: x
    worker: "\${{ item.box }}"
    target: { labels: "zone == \${{ item.at }}, gpu", apart: "\${{ item.n }}" }
`);
  const prepared = createEvaluator().prepare(spec, source);
  assert.ok(prepared.type === "each");
  const { worker, target, targetLater } = prepared.member(0);
  assert.deepEqual([worker, targetLater], ["box1", undefined]);
  assert.deepEqual(target, {
    labels: [
      { label: "zone", op: "==", values: ["attic"] },
      { label: "gpu", op: "exists", values: [] },
    ],
    apart: "3",
  });
  assert.throws(() => prepared.member(1), /target\.labels has the value "a b" for zone/);
});

test("an item may leave the worker open, and not ask for all", () => {
  const spec = first('tasks: { a: { each: [Anyone, all], shell: x, worker: "${{ item }}" } }');
  const prepared = createEvaluator().prepare(spec, source);
  assert.ok(prepared.type === "each");
  assert.equal(prepared.member(0).worker, undefined);
  assert.throws(() => prepared.member(1), /worker must not be ALL where each has items/);
});

for (const where of [
  "worker: ALL",
  "target: all",
  "target: { worker: All, labels: gpu }",
  'worker: "${{ params.w }}"',
]) {
  test(`a task with ${where} has a member for each worker`, () => {
    const spec = first(`params: { w: ALL }\ntasks: { a: { shell: uptime, timeout: 5s, priority: 3, ${where} } }`);
    assert.deepEqual([spec.kind, spec.worker, spec.timeout], ["each", undefined, undefined]);
    const members = membersOf(over(spec, "box-1", "box-2"));
    assert.deepEqual(
      members.map(({ name, worker, timeout, priority }) => [name, worker, timeout, priority]),
      [
        ["a[box-1]", "box-1", 5000, 3],
        ["a[box-2]", "box-2", 5000, 3],
      ],
    );
    assert.equal(members[0]!.target !== undefined, where.includes("labels"));
  });
}

test("the item of such a member is its worker", () => {
  const spec = first(
    'tasks: { a: { shell: "echo $NAME", env: { NAME: "${{ item }}" }, worker: ALL, when: "item != \'b\'" } }',
  );
  const members = membersOf(over(spec, "a", "b"));
  const env = members.map(({ work }) => (work.kind === "shell" ? work.shell.env : undefined));
  assert.deepEqual(env[0], { NAME: "a", OCTOPUS_ITEM: "a", OCTOPUS_INDEX: "0" });
  assert.equal(members[0]!.node?.when, undefined);
  assert.match(members[1]!.node!.when!, /^false/);
});

test("ALL goes with work of workers that is no list of its own", () => {
  const [told] = problems("tasks: { a: { each: [1], shell: x, worker: ALL } }");
  assert.match(told!, /tasks\.a\.worker ALL does not go with each or matrix/);
  assert.match(
    problems("tasks: { a: { approval: ok, worker: ALL } }")[0]!,
    /worker ALL goes with work that workers do/,
  );
  assert.match(
    problems("tasks: { a: { shell: x, cache: { key: k }, target: ALL } }")[0]!,
    /cache does not go with worker ALL/,
  );
});

test("expressions read what all workers left by their names", () => {
  const run = compile(`
tasks:
  a: { shell: x, worker: ALL }
  b: { call: f, needs: a, input: { one: "\${{ tasks.a.result['box-1'].n }}", all: "\${{ tasks.a.result }}" } }
`);
  const member = (worker: string, n: number): ScopeTask => ({
    ...{ id: worker, state: "succeeded", kind: "shell", attempt: 1, worker, result: { n } },
  });
  const a: ScopeTask = {
    ...{ id: "a", state: "succeeded", kind: "each", attempt: 0, onWorkers: true },
    members: () => [member("box-1", 1), member("box-2", 2)],
  };
  const world = { ...source, task: () => a };
  const prepared = createEvaluator().prepare(run.tasks[1]!, world);
  assert.ok(prepared.type === "run" && prepared.work.kind === "call", JSON.stringify(prepared));
  assert.deepEqual(prepared.work.input, { one: 1, all: { "box-1": { n: 1 }, "box-2": { n: 2 } } });
  assert.deepEqual(new RunView(world).evaluate("tasks.a.members.map(m, m.worker)"), ["box-1", "box-2"]);
});
