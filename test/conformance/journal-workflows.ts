/**
 * The third part of what a journal is put through: workflows. Core's own tests of the graph run with a database behind them,
 * too (`journal-graph.test.ts`); here is what only the store knows: texts, templates, views, what goes when tasks go.
 */
import assert from "node:assert/strict";
import type { Command, NewRun, NewTask } from "../../src/core/command.ts";
import { newTask } from "../sim/core-harness.ts";
import type { Driver } from "./journal.ts";
import { counted } from "./journal-wishes.ts";

const WORKER = {
  ...{ type: "ConnectWorker", worker: "y", session: 1, instance: "3", slots: 9, kinds: ["shell"], functions: [] },
  ...{ host: "h", pid: 3, octopus: "test", local: false, holds: [] },
} satisfies Command;

const prepare = { prepare: true } as const;
const shell = (command: string): string => JSON.stringify({ kind: "shell", shell: { command } });

export async function liveThroughWorkflows(driver: Driver): Promise<void> {
  await driver.turn(WORKER);
  await definitions(driver);
  await templates(driver);
  await approvals(driver);
  await containers(driver);
  await retries(driver);
  await stretches(driver);
  await driver.turn({ type: "DisconnectWorker", worker: "y", session: 1, goodbye: true });
}

/** Numbers of the run and of its tasks. */
async function start(driver: Driver, tasks: Partial<NewTask>[], more: Partial<NewRun> = {}): Promise<number[]> {
  const { lastTask } = driver.state;
  await driver.turn({ type: "SubmitRun", workflow: "w", ...more, tasks: tasks.map(newTask) });
  return [driver.state.lastRun, ...tasks.map((_, index) => lastTask + 1 + index)];
}

async function remove(driver: Driver, numbers: number[]): Promise<void> {
  const { library } = driver.under;
  const tasks = numbers.map((task) => ({ task, state: library.stateOf(task)! }));
  const before = driver.state.runCounts.succeeded;
  await driver.turn({ type: "DeleteTasks", tasks, runs: library.emptied(numbers) });
  assert.equal(driver.state.runCounts.succeeded, before - 1, "a run goes with the last of its tasks");
}

async function definitions(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const files = { "part.yaml": "name: part" };
  const set = { type: "SetWorkflow", workflow: "daily", description: "each day", hash: "h1" } as const;
  const written = { ...set, definition: "name: daily", files };
  await driver.turn(written);
  const registered = library.workflow("daily")!;
  assert.deepEqual([registered.hash, registered.definition, registered.files], ["h1", "name: daily", files]);
  assert.equal(registered.description, "each day");
  const pinned = { workflow: "daily", definition: "name: daily", definitionHash: "h1", files, params: { day: 1 } };
  const scope = JSON.stringify({ env: { A: "1" }, outputs: { rows: "tasks.a.outputs.rows" } });
  const [run, a] = await start(driver, [{ name: "a" }], { ...pinned, scope, outputs: true });
  await driver.turn({ ...written, hash: "h2", definition: "name: daily # new" });
  assert.deepEqual([library.workflows()[0]?.hash, library.workflows()[0]?.lastRun?.id], ["h2", `r${run}`]);
  const kept = library.run(run!)!;
  assert.deepEqual([kept.definition, kept.files, kept.definitionHash], ["name: daily", files, "h1"]);
  await driver.end(a!, { outcome: "succeeded", result: '{"rows":3}', durationMs: 70 });
  assert.equal(library.run(run!)?.phase, "outputs");
  const { params, files: known, state, outcome } = library.runScope(run!)!;
  assert.deepEqual([params, known, state, outcome], [{ day: 1 }, files, "running", "succeeded"]);
  assert.deepEqual(library.runScope(run!)?.scope, JSON.parse(scope));
  await driver.turn({ type: "CloseRun", run: run!, result: '{"rows":3}' });
  assert.deepEqual([library.run(run!)?.result, library.run(run!)?.phase], [{ rows: 3 }, undefined]);
  const durations = library.durations(library.example("daily")!, 0, 10);
  assert.deepEqual(
    durations.map(({ task, name, ms }) => [task, name, ms]),
    [[a, "a", 70]],
  );
  await remove(driver, [a!]);
  assert.equal(library.run(run!), undefined, "a run goes with the last of its tasks");
  assert.equal(library.workflowVersion("daily", "h1")?.definition, "name: daily", "what it was before is kept");
  await driver.turn({ type: "RemoveWorkflow", workflow: "daily" });
  await driver.turn({ ...set, hash: "h1", definition: "another one, if the old text is gone" });
  assert.equal(library.workflow("daily")?.definition, "another one, if the old text is gone");
  await driver.turn({ type: "RemoveWorkflow", workflow: "daily" });
  assert.deepEqual([library.workflow("daily"), library.workflows()], [undefined, []]);
}

async function templates(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const spec = JSON.stringify({ type: "shell", kind: "shell", node: { dynamic: true } });
  const cache = { hash: "before", ttlMs: 1000 };
  const [run, task, plain] = await start(driver, [
    { name: "greet", work: shell("echo ${{ params.who }}"), node: { ...prepare, allow: [3] }, spec, asks: { cache } },
    { name: "plain", needsEarlier: [0], rank: 1.5, tags: ["t"] },
  ]);
  const ready = { type: "PrepareTask", task: task!, work: shell("echo Ada"), cacheHash: "after" } as const;
  await driver.turn(ready);
  await driver.turn({ type: "KeyCache", task: task!, key: "k-after" });
  assert.equal(library.works([task!])[0], shell("echo Ada"));
  const { work, template } = library.task(task!)!;
  assert.deepEqual([work, template], [JSON.parse(shell("echo Ada")), JSON.parse(shell("echo ${{ params.who }}"))]);
  assert.deepEqual([library.nodeOfRun(run!, "greet")?.spec, library.taskOfRun(run!, "plain")], [spec, plain]);
  assert.equal(library.endedTask(task!), undefined);
  await driver.end(task!, { outcome: "failed", exitCode: 3, error: { message: "no", kind: "exit" } });
  assert.deepEqual([library.task(task!)?.allowed, library.node(task!)?.error?.kind], [true, "exit"]);
  await driver.end(plain!, { outcome: "succeeded" });
  assert.deepEqual([library.run(run!)?.state, library.endedRun(run!)?.allowed], ["partial", 1]);
  assert.deepEqual(library.endedRun(run!)?.aside, { failed: 1 });
  const again = { task: library.endedTask(task!)! };
  const retry = { type: "RetryRun" as const, run: run!, children: [], params: { who: "Eve" } };
  await driver.turn({ ...retry, runs: [library.endedRun(run!)!], tasks: [again] });
  assert.deepEqual(
    [
      library.works([task!])[0],
      library.task(task!)?.template,
      library.run(run!)?.params,
      library.node(task!)?.reopenedAt,
    ],
    [shell("echo ${{ params.who }}"), undefined, { who: "Eve" }, 1],
  );
  await driver.turn({ ...ready, work: undefined });
  await driver.turn({ type: "KeyCache", task: task!, key: "k-after" });
  await driver.end(task!, { outcome: "succeeded" });
  assert.equal(library.run(run!)?.state, "succeeded");
}

async function approvals(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const spec = JSON.stringify({ node: { approval: { message: "Ship ${{ params.v }}?" } } });
  const node = { ...prepare, approval: { timeoutMs: 60_000 } };
  const [run, ship, ask, late] = await start(driver, [
    { name: "ship", node, spec },
    { name: "ask", kind: "approval", work: JSON.stringify({ kind: "approval", approval: { message: "Sure?" } }) },
    { name: "late", kind: "approval" },
  ]);
  assert.equal(library.task(ship!)?.approval?.message, "Ship ${{ params.v }}?");
  await driver.turn({ type: "PrepareTask", task: ship!, message: "Ship 7?" });
  const { message, state, until } = library.task(ship!)!.approval!;
  assert.deepEqual([message, state, until], ["Ship 7?", "waiting", new Date(driver.now + 60_000).toISOString()]);
  assert.deepEqual(library.task(ask!)?.approval, { message: "Sure?", state: "waiting" });
  assert.equal(counted(library, { awaiting: "approval", run: `r${run}` }), 3);
  await driver.turn({ type: "ApproveTask", task: ship!, approve: true, by: "Ada", note: "go" });
  await driver.turn({ type: "ApproveTask", task: ask!, approve: false, by: "Eve", note: "no" });
  assert.deepEqual(library.task(ship!)?.approval, { message: "Ship 7?", state: "approved", by: "Ada", note: "go" });
  const { approval, error, dead, reason } = library.task(ask!)!;
  assert.deepEqual(approval, { message: "Sure?", state: "rejected", by: "Eve", note: "no" });
  assert.deepEqual([error?.kind, dead, reason], ["rejected", undefined, "rejected by Eve: no"]);
  assert.deepEqual(
    library.tasks({ awaiting: "approval" }).items.map(({ id }) => id),
    [`t${late}`],
  );
  await driver.turn({ type: "MarkTask", task: late!, state: "succeeded", by: "Ada", result: '"yes"' });
  const marked = library.task(late!)!;
  assert.deepEqual([marked.marked, marked.result, marked.state], [{ by: "Ada" }, "yes", "succeeded"]);
  await driver.turn({ type: "MarkTask", task: ship!, state: "failed", note: "it hangs" });
  assert.deepEqual(
    library.task(ship!)?.attempts.map(({ outcome }) => outcome),
    ["cancelled"],
  );
  assert.equal(library.run(run!)?.state, "failed");
}

async function containers(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const [run, each, flow, after, undo] = await start(driver, [
    { name: "all", kind: "each", node: prepare },
    { name: "flow", kind: "workflow", node: prepare },
    { name: "after", needsEarlier: [0, 1], node: { trigger: "all_done" } },
    { name: "undo", ofEarlier: 0, node: { role: "compensate" } },
  ]);
  const member = (index: number): NewTask => newTask({ name: `all[${index}]`, node: { allow: [1] } });
  await driver.turn({ type: "ExpandTask", task: each!, total: 3, from: 0, tasks: [member(0), member(1)] });
  assert.deepEqual(library.task(each!)?.members, { total: 3, counts: { running: 2 } });
  await driver.turn({ type: "ExpandTask", task: each!, total: 3, from: 2, tasks: [member(2)] });
  const members = library.members(each!).map(({ task }) => task);
  assert.deepEqual(
    [library.members(each!, 1, 1), library.members(each!, 2)].map((page) => page.map(({ name }) => name)),
    [["all[1]"], ["all[2]"]],
  );
  assert.equal(library.nodeOfRun(run!, "all[1]")?.task, members[1]);
  const sub = {
    workflow: "inner",
    definition: "name: inner",
    definitionHash: "inner",
    tasks: [newTask({ name: "x" })],
  };
  await driver.turn({ type: "StartSubRun", task: flow!, run: { ...sub, parent: flow! } });
  const inner = library.subRun(flow!)!;
  const view = library.task(flow!)!;
  assert.deepEqual([view.subRun, view.state, library.run(inner)?.parent], [`r${inner}`, "running", `t${flow}`]);
  assert.equal(view.startedAt, new Date(driver.now).toISOString());
  assert.deepEqual(
    [{ parent: `r${run}` }, { parent: `t${flow}` }].map((filter) => library.runs(filter).items.map(({ id }) => id)),
    [[`r${inner}`], [`r${inner}`]],
  );
  await driver.end(members[0]!, { outcome: "failed", exitCode: 1 });
  await driver.end(members[1]!, { outcome: "failed", exitCode: 2, error: { message: "broken" } });
  assert.deepEqual(library.memberCounts(each!), { failed: 2, running: 1 });
  await driver.turn({ type: "CancelTask", task: each!, reason: "enough" });
  await driver.end(members[2]!, { outcome: "cancelled" });
  const { state, members: known } = library.endedTask(each!)!;
  assert.deepEqual([state, known], ["cancelled", { made: 3, failed: 2, allowed: 1, names: ["all[1]", "all[2]"] }]);
  const [x] = library.taskSeqsOfRun(inner);
  await driver.end(x!, { outcome: "succeeded" });
  assert.equal(library.task(after!)?.trigger, "all_done");
  await driver.end(after!, { outcome: "succeeded" });
  assert.equal(library.run(run!)?.state, "cancelled");
  assert.deepEqual([library.task(undo!)?.compensates, library.task(undo!)?.role], ["all", "compensate"]);
  const top = library.topTasksOfRun(run!, 3).map(({ name }) => name);
  assert.deepEqual([top, library.tasksOfRun(run!).length], [["all", "flow", "after"], 7]);
  const nodes = library.retryNodes(run!);
  assert.deepEqual(
    nodes.map(({ name, state, subRun }) => [name, state, subRun]),
    [
      ["all", "cancelled", undefined],
      ["flow", "succeeded", inner],
      ["after", "succeeded", undefined],
      ["undo", "skipped", undefined],
    ],
  );
  assert.deepEqual(
    library.retryMembers(nodes[0]!.task).map(({ name, state, inside }) => [name, state, inside]),
    [
      ["all[0]", "failed", nodes[0]!.task],
      ["all[1]", "failed", nodes[0]!.task],
      ["all[2]", "cancelled", nodes[0]!.task],
    ],
  );
  assert.deepEqual(library.retryNode(nodes[3]!.task), nodes[3]);
  assert.deepEqual(library.endedTask(nodes[2]!.task)?.tally, { passed: 1, succeeded: 1, failed: 1, skipped: 0 });
  assert.equal(library.endedTask(nodes[3]!.task)?.ofEnded?.state, "cancelled");
  // What is kept as long as there is room goes as a whole: a container is younger than what it holds.
  const oldest = library.prunable(0, 0, 1000).map(({ task }) => task);
  const place = (task: number): number => oldest.indexOf(task);
  assert.ok(members.every((one) => place(one) >= 0 && place(one) < place(each!)) && place(x!) < place(flow!));
  assert.equal(new Set(oldest).size, oldest.length);
  assert.deepEqual(
    library.within(each!).map(({ task }) => task),
    members,
  );
  await remove(driver, [...library.within(flow!).map(({ task }) => task), flow!]);
  assert.deepEqual([library.run(inner), library.stateOf(x!), library.run(run!)?.id], [undefined, undefined, `r${run}`]);
}

async function retries(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const [run, a, some, none] = await start(driver, [
    { name: "a" },
    { name: "some", needsEarlier: [0], node: { trigger: "any_failed" } },
    { name: "none", needsEarlier: [0], node: { trigger: "none_failed" } },
    { name: "last", needsEarlier: [1, 2] },
  ]);
  await driver.end(a!, { outcome: "failed", error: { message: "no" } });
  await driver.end(some!, { outcome: "succeeded" });
  assert.equal(library.run(run!)?.state, "failed");
  const ended = library.endedTask(a!)!;
  const dependents = library.dependents(ended).map(({ definition }) => definition.name);
  assert.deepEqual(dependents, ["none", "last"]);
  const tasks = [a!, none!].map((seq) => ({ task: library.endedTask(seq)! }));
  await driver.turn({ type: "RetryRun", run: run!, runs: [library.endedRun(run!)!], tasks, children: [] });
  await driver.turn({ type: "CancelRun", run: run!, reason: "stop", tasks: library.taskSeqsOfRun(run!) });
  await driver.end(a!, { outcome: "cancelled" });
}

async function stretches(driver: Driver): Promise<void> {
  const { library } = driver.under;
  const group = { name: "one", limit: 1, overlap: "queue" } as const;
  const [first, a] = await start(driver, [{ name: "a" }], { group, maxParallel: 1, retryOf: 1 });
  const pinned = { definition: "name: large", definitionHash: "large", open: true, group } as const;
  const [second] = await start(driver, [{ name: "b", tags: ["x"] }], pinned);
  assert.deepEqual([library.run(first!)?.waiting, library.run(second!)?.waiting], [undefined, true]);
  const { group: shown, maxParallel, retryOf } = library.run(first!)!;
  assert.deepEqual([shown, maxParallel, retryOf], [group, 1, "r1"]);
  await driver.turn({ type: "PauseRun", run: first!, paused: true, reason: "wait" });
  assert.deepEqual([library.run(first!)?.paused, library.run(first!)?.reason], [true, "wait"]);
  await driver.turn({ type: "PauseRun", run: first!, paused: false });
  const more = { type: "AddToRun" as const, run: second!, tasks: [newTask({ name: "c", needsEarlier: [0] })] };
  await driver.turn({ ...more, last: false });
  await driver.turn({ type: "DropRun", run: second! });
  assert.deepEqual([library.run(second!), library.tasksOfRun(second!)], [undefined, []]);
  const [third] = await start(driver, [{ name: "b" }], pinned);
  assert.equal(library.run(third!)?.definition, "name: large");
  await driver.turn({ ...more, run: third!, last: true });
  await driver.end(a!, { outcome: "succeeded" });
  assert.equal(library.run(third!)?.waiting, undefined);
  const [b, c] = library.taskSeqsOfRun(third!);
  await driver.end(b!, { outcome: "succeeded" });
  assert.equal(library.task(c!)?.readyAt, new Date(driver.now).toISOString(), "ready and started in one turn");
  await driver.end(c!, { outcome: "succeeded" });
  assert.equal(library.task(c!)?.readyAt, new Date(driver.now - 1).toISOString());
  assert.equal(library.run(third!)?.state, "succeeded");
}
