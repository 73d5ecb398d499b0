/** What tasks become when their turn has come: real files compiled, and a run made of plain values beside them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../base/words.ts";
import type { ScopeSource, ScopeTask } from "../protocol/evaluator.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { compileWorkflow } from "./compile.ts";
import type { CompileOptions } from "./compile-options.ts";
import { createEvaluator } from "./evaluator.ts";

const evaluator = createEvaluator();

interface World {
  tasks?: Record<string, Partial<ScopeTask>>;
  run?: Partial<ScopeSource["run"]>;
  registered?: Record<string, string>;
}

function sourceOf(run: RunSpec, { tasks = {}, run: more, registered = {} }: World): ScopeSource {
  const { workflow, params = {}, scope = {}, files = {} } = run;
  const specs = new Map(run.tasks.map((task) => [task.id!, task]));
  return {
    run: { id: "r1", workflow, createdAt: 1000, params, scope, depth: 0, files, ...more },
    task: (name) => {
      const given = tasks[name];
      if (given === undefined) return undefined;
      const spec = specs.get(name)!;
      const kind = given.kind ?? spec.kind;
      return { id: "t1", state: "succeeded", attempt: 1, kind, spec: spec.node, ...given };
    },
    workflow: (name) => (registered[name] === undefined ? undefined : { definition: registered[name], files: {} }),
  };
}

/** The task `name` of the file, prepared in this world. */
function prepare(text: string, name: string, world: World = {}, options: CompileOptions = {}) {
  const run = compileWorkflow(text, { source: "etl.yaml", ...options });
  const spec = run.tasks.find((task) => task.id === name)!;
  return evaluator.prepare(spec, sourceOf(run, world));
}

function shellOf(prepared: ReturnType<typeof prepare>) {
  assert.equal(prepared.type, "run", JSON.stringify(prepared));
  assert.ok(prepared.type === "run" && prepared.work.kind === "shell");
  return prepared.work.shell;
}

function members(text: string, name: string, world: World = {}): TaskSpec[] {
  const prepared = prepare(text, name, world);
  assert.equal(prepared.type, "each", JSON.stringify(prepared));
  return prepared.type === "each" ? Array.from({ length: prepared.total }, (_, i) => prepared.member(i)) : [];
}

const ETL = `
params: { city: Oslo }
env: { MODE: fast }
tasks:
  fetch-data: { shell: ./fetch.sh, outputs: { rows: integer, file: string } }
  ask: { http: "GET http://x/y", needs: fetch-data }
  load:
    needs: [ask]
    when: tasks.fetch-data.outputs.rows > 10 && tasks.ask.result.status == 200
    shell: { command: ./load.sh, stdin: "\${{ tasks.ask.result }}" }
    env: { ROWS: "\${{ tasks.fetch-data.outputs.rows }}", TO: "\${{ params.city }}/\${{ needs.fetch-data.outputs.file }}" }
    cwd: \${{ tasks.fetch-data.outputs.file }}
  post:
    needs: load
    http: 'PUT \${{ tasks.ask.result.url }} {"n": "\${{ tasks.fetch-data.outputs.rows + 1 }}"}'
`;
const DONE: World = {
  tasks: {
    "fetch-data": { result: { rows: 12, file: "data.csv" } },
    ask: { result: { status: 200, url: "https://y/1" } },
    load: {},
  },
};

test("values of tasks stand in env, stdin, folders, requests and conditions", () => {
  const shell = shellOf(prepare(ETL, "load", DONE, { cwd: "/base" }));
  assert.deepEqual(shell.env, { OCTOPUS_PARAM_city: "Oslo", MODE: "fast", ROWS: "12", TO: "Oslo/data.csv" });
  assert.equal(shell.stdin, '{"status":200,"url":"https://y/1"}');
  assert.equal(shell.cwd, "/base/data.csv");
  const post = prepare(ETL, "post", DONE);
  assert.deepEqual(post, {
    type: "run",
    work: { kind: "http", http: { method: "PUT", url: "https://y/1", body: { n: 13 } } },
  });
});

test("a condition that is false skips, one that has no value fails, both in words", () => {
  const few: World = { tasks: { ...DONE.tasks, "fetch-data": { result: { rows: 3 } } } };
  assert.deepEqual(prepare(ETL, "load", few), {
    type: "skip",
    reason: 'when is false: tasks["fetch-data"].outputs.rows > 10 && tasks.ask.result.status == 200',
  });
  const odd = prepare(ETL, "load", { tasks: { ...DONE.tasks, ask: { result: {} } } });
  assert.equal(odd.type, "fail");
  assert.match((odd as { reason: string }).reason, /^when: .* finds no "status" in tasks\.ask\.result/);
  const noUrl = prepare(ETL, "post", { tasks: { ...DONE.tasks, ask: { result: { url: "x y" } } } });
  assert.match((noUrl as { reason: string }).reason, /^http\.url must be an http/);
});

test("an absolute folder out of a value stays one", () => {
  const absolute: World = { tasks: { ...DONE.tasks, "fetch-data": { result: { rows: 12, file: "/own" } } } };
  assert.equal(shellOf(prepare(ETL, "load", absolute, { cwd: "/base" })).cwd, "/own");
});

test("what comes out of a value is never evaluated again, wherever it came from", () => {
  const text = `
params: { evil: { type: string } }
tasks:
  a: echo
  b:
    needs: a
    shell: echo "$\${{ kept }}" \${{ tasks.a.outputs.x }}
    env: { A: "\${{ params.evil }}", B: "\${{ tasks.a.outputs.x }}", C: "$\${{ kept }}" }
  c: { needs: a, each: ["\${{ params.evil }}", 2], call: f, input: { a: "\${{ item }}", b: "\${{ params.evil }}" } }
  d: { needs: a, each: ["\${{ params.evil }}"], workflow: { params: { p: { type: string } }, tasks: { x: { call: f, input: "\${{ params.p }}" } } }, params: { p: "\${{ item }}" } }
  e: { call: f, input: "\${{ params.evil }}" }
`;
  const evil = "${{ tasks.a.result }}";
  const world: World = { tasks: { a: { result: { x: "${{ 1 + 1 }}" } } } };
  const shell = shellOf(prepare(text, "b", world, { params: { evil } }));
  assert.equal(shell.command, 'echo "${{ kept }}" ${OCTOPUS_EXPR_1}');
  assert.equal(shell.env!["OCTOPUS_EXPR_1"], "${{ 1 + 1 }}");
  assert.deepEqual([shell.env!["A"], shell.env!["B"], shell.env!["C"]], [evil, "${{ 1 + 1 }}", "${{ kept }}"]);
  const run = compileWorkflow(text, { params: { evil } });
  const inputs = (name: string): Json[] => {
    const prepared = evaluator.prepare(
      run.tasks.find(({ id }) => id === name)!,
      sourceOf(run, world),
    );
    assert.equal(prepared.type, "each", JSON.stringify(prepared));
    if (prepared.type !== "each") return [];
    return Array.from({ length: prepared.total }, (_, i) => {
      const member = prepared.member(i);
      if (member.work.kind === "call") return member.work.input!;
      const inner = evaluator.prepare(member, sourceOf(run, world));
      assert.equal(inner.type, "workflow", JSON.stringify(inner));
      return inner.type === "workflow" && inner.run.tasks[0]!.work.kind === "call"
        ? inner.run.tasks[0]!.work.input!
        : null;
    });
  };
  assert.deepEqual(inputs("c"), [
    { a: evil, b: evil },
    { a: 2, b: evil },
  ]);
  assert.deepEqual(inputs("d"), [evil]);
  const plain = run.tasks.find(({ id }) => id === "e")!;
  assert.deepEqual(plain.work, { kind: "call", call: "f", input: evil });
  assert.equal(plain.node, undefined);
});

test("nor is what comes by the environment, the folder, a task that follows, or a condition about the end", () => {
  const text = `
params: { evil: { type: string } }
env: { TOP: "\${{ params.evil }}" }
cwd: \${{ params.evil }}
tasks:
  a: echo
  b: { needs: a, shell: x, env: { N: "\${{ tasks.a.result.n }}" }, finally: { shell: y, env: { E: "\${{ params.evil }}" } } }
  c: { needs: a, each: ["\${{ params.evil }}"], shell: z, onFailure: { call: f, input: "\${{ item }}" } }
  d:
    call: f
    repeat: { until: result == params.evil, limit: 2 }
    outputs: { same: "\${{ result == params.evil }}", text: "is \${{ params.evil }}" }
  e: { needs: a, shell: w, finally: { shell: y, env: { E: "\${{ params.evil }}" } } }
`;
  const evil = "${{ tasks.a.result.secret }}";
  const world: World = { tasks: { a: { result: { n: 1, secret: "leaked" } } } };
  const run = compileWorkflow(text, { params: { evil } });
  const [, b, c, d, e] = run.tasks;
  const prepared = evaluator.prepare(b!, sourceOf(run, world));
  assert.ok(prepared.type === "run" && prepared.work.kind === "shell");
  assert.deepEqual(prepared.work.shell, {
    command: "x",
    env: { OCTOPUS_PARAM_evil: evil, TOP: evil, N: "1" },
    cwd: evil,
  });
  const follows = {
    kind: "shell",
    shell: { command: "y", env: { OCTOPUS_PARAM_evil: evil, TOP: evil, E: evil }, cwd: evil },
  };
  assert.deepEqual(b!.on![0]!.task.work, follows);
  assert.deepEqual(e!.on![0]!.task.work, follows);
  assert.deepEqual((e!.work as { shell: { env: object } }).shell.env, { OCTOPUS_PARAM_evil: evil, TOP: evil });
  const members = evaluator.prepare(c!, sourceOf(run, world));
  assert.ok(members.type === "each");
  const member = members.member(0);
  assert.deepEqual((member.work as { shell: { env: object } }).shell.env, {
    ...{ OCTOPUS_PARAM_evil: evil, TOP: evil, OCTOPUS_ITEM: evil, OCTOPUS_INDEX: "0" },
  });
  assert.deepEqual(member.on![0]!.task.work, { kind: "call", call: "f", input: evil });
  assert.deepEqual(evaluator.ended(d!.node!, { result: evil, attempt: 1 }), { type: "done" });
  assert.deepEqual(evaluator.ended(d!.node!, { result: "leaked", attempt: 1 }), { type: "again", afterMs: 1000 });
  const outputs = evaluator.outputs({
    id: "t",
    state: "succeeded",
    kind: "call",
    attempt: 1,
    result: evil,
    spec: d!.node,
  });
  assert.deepEqual(outputs, { same: true, text: `is ${evil}` });
});

test("each: members have their item in every key, in env, in conditions, and names of their own", () => {
  const text = `
tasks:
  list: echo
  work:
    needs: list
    each: \${{ tasks.list.outputs.rows }}
    maxParallel: 2
    failFast: true
    when: item.on
    retries: 2
    timeout: 1m
    runTimeout: 1h
    shell: ./work.sh \${{ item.name }}
    env: { N: "\${{ index + 1 }}" }
    arm: \${{ item.arm }}
    tags: [x, "\${{ item.name }}"]
    mutex: [z, "\${{ item.name }}"]
    concurrencyKey: \${{ item.name }}
    priority: \${{ item.p }}
    continueOn: [3]
    repeat: { until: outputs.n == item.p, interval: 1s, limit: 3 }
    compensate: ./undo.sh
`;
  const rows = [
    { on: true, name: "a", arm: "north", p: 7 },
    { on: false, name: "b", arm: "south", p: 1 },
  ];
  const run = compileWorkflow(text);
  const container = run.tasks.find(({ id }) => id === "work")!;
  assert.deepEqual(
    [container.kind, container.type, container.timeout, container.node, container.needs],
    ["each", "each", 3_600_000, undefined, ["list"]],
  );
  assert.equal(run.tasks.at(-1)!.id, "compensate.work");
  const [a, b] = members(text, "work", { tasks: { list: { result: { rows } } } });
  assert.deepEqual(
    [a!.id, a!.arm, a!.tags, a!.mutex, a!.concurrencyKey, a!.priority, a!.timeout, a!.retries],
    ["work[0]", "north", ["x", "a"], ["a", "z"], { key: "a", limit: 1 }, 7, 60_000, { limit: 2 }],
  );
  assert.ok(a!.work.kind === "shell");
  assert.equal(a!.work.shell.command, "./work.sh ${OCTOPUS_EXPR_1}");
  assert.deepEqual(a!.work.shell.env, {
    OCTOPUS_ITEM: '{"on":true,"name":"a","arm":"north","p":7}',
    OCTOPUS_INDEX: "0",
    OCTOPUS_EXPR_1: "a",
    N: "1",
  });
  assert.deepEqual(a!.node, { allow: [3], repeat: { until: "outputs.n == 7", intervalMs: 1000, limit: 3 } });
  assert.equal(b!.node!.when, "false // item.on");
  assert.deepEqual(evaluator.prepare(b!, sourceOf(run, {})), { type: "skip", reason: "when is false: item.on" });
  const wrong = prepare(text, "work", { tasks: { list: { result: { rows: [{ ...rows[0], p: 70 }] } } } });
  assert.throws(() => wrong.type === "each" && wrong.member(0), /priority must be a whole number from 0 to 10, not 70/);
});

test("matrix: every combination but those left out, and those beside them", () => {
  const text = `
tasks:
  ci:
    matrix:
      os: [linux, mac]
      node: [20, 22]
      exclude: [{ os: mac, node: 20 }]
      include: [{ os: linux, node: 23, extra: true }]
    shell: npm test
    env: { V: "\${{ matrix.node }}" }
`;
  const made = members(text, "ci");
  assert.deepEqual(
    made.map(({ id }) => id),
    ["ci[linux,20]", "ci[linux,22]", "ci[mac,22]", "ci[linux,23,true]"],
  );
  assert.ok(made[2]!.work.kind === "shell");
  assert.deepEqual(
    [
      made[2]!.work.shell.env!["OCTOPUS_MATRIX_os"],
      made[2]!.work.shell.env!["V"],
      made[2]!.work.shell.env!["OCTOPUS_ITEM"],
    ],
    ["mac", "22", '{"os":"mac","node":22}'],
  );
});

test("each over what is no list fails with what it is; over nothing it has no members", () => {
  const text = "tasks: {a: x, b: {needs: a, each: '${{ tasks.a.result.n }}', call: f}}";
  assert.deepEqual(prepare(text, "b", { tasks: { a: { result: { n: 5 } } } }), {
    type: "fail",
    reason: "each must be a list, and ${{ tasks.a.result.n }} is 5",
  });
  assert.deepEqual(members(text, "b", { tasks: { a: { result: { n: [] } } } }), []);
});

test("a hundred thousand items are a list like any other", () => {
  const text = "tasks: {a: x, b: {needs: a, each: '${{ tasks.a.outputs.l }}', call: f, input: '${{ item }}'}}";
  const l = Array.from({ length: 100_000 }, (_, i) => `item number ${i}`);
  const prepared = prepare(text, "b", { tasks: { a: { result: { l } } } });
  assert.ok(prepared.type === "each");
  assert.equal(prepared.total, 100_000);
  assert.deepEqual(prepared.member(99_999).work, { kind: "call", call: "f", input: "item number 99999" });
});

test("expressions see members of an each, and outputs out of results", () => {
  const text = `
tasks:
  a: { each: [1, 2], call: f, outputs: { n: "\${{ result.deep.n * 2 }}", t: integer } }
  b:
    needs: a
    call: g
    input:
      sum: \${{ tasks.a.outputs.map(o, o.n) }}
      first: \${{ tasks.a.members[0].state }}
      failed: \${{ tasks.a.members.filter(m, m.state != "succeeded").size() }}
      all: \${{ tasks.a.result.size() }}
`;
  const run = compileWorkflow(text);
  const spec = (run.tasks[0]!.work as { each: { task: TaskSpec } }).each.task.node;
  const member = (n: number, state: ScopeTask["state"] = "succeeded"): ScopeTask => {
    return { id: "t", state, kind: "call", attempt: 1, result: { deep: { n }, t: 1 }, spec };
  };
  const world: World = { tasks: { a: { members: () => [member(1), member(2, "failed")] } } };
  const b = evaluator.prepare(run.tasks[1]!, sourceOf(run, world));
  assert.deepEqual(b.type === "run" && b.work, {
    kind: "call",
    call: "g",
    input: { sum: [2, 4], first: "succeeded", failed: 1, all: 2 },
  });
});

test("repeat: until, while, limit, and conditions without a value", () => {
  const node = (repeat: string) => compileWorkflow(`tasks: {a: {call: f, repeat: ${repeat}}}`).tasks[0]!.node!;
  const end = (result: Json, attempt: number) => ({ result, attempt });
  const until = node("{until: result.ready, interval: 5s, limit: 3}");
  assert.deepEqual(evaluator.ended(until, end({ ready: false }, 1)), { type: "again", afterMs: 5000 });
  assert.deepEqual(evaluator.ended(until, end({ ready: true }, 2)), { type: "done" });
  assert.deepEqual(evaluator.ended(until, end({ ready: false }, 3)), {
    type: "fail",
    reason: "repeat.until was not true after 3 times: result.ready",
  });
  const again = node("{while: attempt < 5, limit: 3}");
  assert.deepEqual(evaluator.ended(again, end(null, 1)), { type: "again", afterMs: 1000 });
  assert.deepEqual(evaluator.ended(again, end(null, 3)), { type: "done" });
  assert.deepEqual(evaluator.ended(node("2"), end(null, 1)), { type: "again", afterMs: 0 });
  assert.deepEqual(evaluator.ended(node("2"), end(null, 2)), { type: "done" });
  const odd = evaluator.ended(until, end({}, 1));
  assert.match((odd as { reason: string }).reason, /^repeat\.until: result\.ready finds no "ready" in result/);
});

test("outputs by expressions have their type, or the task has failed", () => {
  const { node } = compileWorkflow(
    "tasks: {a: {http: 'http://x/', outputs: {n: {value: result.body.n, type: integer}}}}",
  ).tasks[0]!;
  assert.deepEqual(evaluator.ended(node!, { result: { body: { n: 3 } }, attempt: 1 }), { type: "done" });
  assert.deepEqual(evaluator.ended(node!, { result: { body: { n: "3" } }, attempt: 1 }), {
    type: "fail",
    reason: 'outputs.n must be of type integer, not "3"',
  });
});

test("runs inside runs: files, documents, registered ones, mappings, and what is wrong with them", () => {
  const text = `
tasks:
  a: x
  file: { needs: a, workflow: ./sub/child.yaml, params: { n: "\${{ tasks.a.outputs.n }}" } }
  doc: { workflow: child }
  name: { workflow: nightly, params: { day: 1 } }
  gone: { workflow: nowhere }
  pipe: { needs: a, pipeline: { stages: [{ name: s, model: m }], models: { m: { call: f } }, input: "\${{ tasks.a.outputs.n }}" } }
---
name: child
tasks: { only: { call: f } }
`;
  const files = {
    "sub/child.yaml":
      "params: {n: {type: integer}}\ntasks: {x: {call: f, input: '${{ params.n }}'}, y: {workflow: ./grand.yaml}}",
    "sub/grand.yaml": "tasks: {z: {call: g}}",
  };
  const world: World = {
    tasks: { a: { result: { n: 5 } } },
    registered: { nightly: "params: {day: 0}\ntasks: {d: {call: f}}" },
  };
  const runOf = (name: string, more: World = world): RunSpec => {
    const prepared = prepare(text, name, more, { files });
    assert.equal(prepared.type, "workflow", JSON.stringify(prepared));
    return (prepared as { run: RunSpec }).run;
  };
  const file = runOf("file");
  assert.deepEqual(
    [file.workflow, file.params, file.tasks[0]!.work],
    ["child", { n: 5 }, { kind: "call", call: "f", input: 5 }],
  );
  assert.deepEqual(file.tasks[1]!.work, { kind: "workflow", workflow: { use: "sub/grand.yaml" } });
  assert.equal(runOf("doc").tasks[0]!.id, "only");
  assert.deepEqual(runOf("name").params, { day: 1 });
  assert.deepEqual([runOf("pipe").planner, runOf("pipe").tasks[0]!.id], ["pipeline", "s/m"]);
  const gone = prepare(text, "gone", world, { files });
  assert.match((gone as { reason: string }).reason, /there is no workflow "nowhere": register it/);
  const bad = prepare(text, "file", { tasks: { a: { result: { n: "x" } } } }, { files });
  assert.match(
    (bad as { reason: string }).reason,
    /^workflow sub\/child\.yaml: params\.n must be a whole number, not "x"/,
  );
});

test("an approval alone beside each: every member asks its own question, and the whole asks nothing", () => {
  const text = `
tasks:
  ok: { each: [a, "$\${{ item }}"], approval: { message: "Deploy \${{ item }}?", timeout: 1h } }
  all: { each: [a], approval: Sure?, shell: x }
`;
  const run = compileWorkflow(text, { source: "flow.yaml" });
  const [ok, all] = run.tasks;
  assert.deepEqual([ok!.node?.approval, all!.node?.approval], [undefined, { message: "Sure?" }]);
  const made = evaluator.prepare(ok!, sourceOf(run, {}));
  assert.ok(made.type === "each");
  const [first, second] = [made.member(0), made.member(1)];
  assert.deepEqual(first.node?.approval, { message: "Deploy a?", timeoutMs: 3_600_000 });
  assert.deepEqual(second.work, { kind: "approval", approval: { message: "Deploy ${{ item }}?" } });
  const one = evaluator.prepare(all!, sourceOf(run, {}));
  assert.ok(one.type === "each" && one.message === "Sure?");
  assert.equal(one.member(0).node?.approval, undefined);
});

test("approvals ask with values in their words; handlers see how the run has ended; outputs of the run", () => {
  const text = `
tasks:
  a: x
  ok: { needs: a, approval: "Deploy \${{ tasks.a.outputs.v }}?" }
  go: { needs: ok, shell: ./go.sh, approval: { message: "Really, \${{ params.who }}?", timeout: 1h, onTimeout: approve } }
on:
  failure: { call: tell, input: "\${{ run.state }} of \${{ workflow.name }}: \${{ tasks.a.error.message }}" }
  exit: { one: ./exit.sh }
outputs: { v: "\${{ tasks.a.outputs.v }}", text: "v\${{ tasks.a.outputs.v }}", plain: 3 }
params: { who: Ada }
`;
  const world: World = { tasks: { a: { result: { v: 7 }, error: { message: "boom" } } }, run: { state: "failed" } };
  const run = compileWorkflow(text, { source: "flow.yaml" });
  const named = (id: string) => run.tasks.find((task) => task.id === id)!;
  assert.deepEqual(evaluator.prepare(named("ok"), sourceOf(run, world)), {
    type: "run",
    work: { kind: "approval", approval: { message: "Deploy 7?" } },
    message: "Deploy 7?",
  });
  assert.deepEqual(named("go").node, {
    approval: { message: "Really, Ada?", timeoutMs: 3_600_000, onTimeout: "approve" },
  });
  const tell = evaluator.prepare(named("on.failure"), sourceOf(run, world));
  assert.deepEqual(tell.type === "run" && tell.work, { kind: "call", call: "tell", input: "failed of flow: boom" });
  assert.deepEqual(named("on.exit.one").node, { role: "exit" });
  assert.deepEqual(evaluator.runOutputs(run.scope!, sourceOf(run, world)), { v: 7, text: "v7", plain: 3 });
  assert.throws(
    () => evaluator.runOutputs(run.scope!, sourceOf(run, { tasks: { a: {} } })),
    /^OctopusError: outputs\.v/,
  );
});
