/** Runs inside runs and members of an `each`: what limits, pauses and groups mean for them. Each turn is loaded again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newTask } from "../../../test/sim/core-harness.ts";
import { GraphHarness, type Node, tasksOf } from "../../../test/sim/graph-harness.ts";
import { explain } from "../explain.ts";

const WORKFLOW: Node = { kind: "workflow", node: { prepare: true } };
const each = (maxParallel: number): Node => ({ kind: "each", node: { prepare: true, maxParallel } });

function harness(slots = 10): GraphHarness {
  const core = new GraphHarness();
  core.connect("w", slots);
  return core;
}

function why(core: GraphHarness, name: string): string[] {
  return explain(core.state, core.state.tasks.get(core.seq(name))!, core.now).map(({ code }) => code);
}

test("no more members of an each run than it allows, and they hold nobody else up", () => {
  const core = harness();
  core.start({ e: each(2), other: {} });
  core.expand("e", 5);
  assert.deepEqual(core.running(), ["e[0]", "e[1]", "other"]);
  assert.deepEqual(why(core, "e[2]"), ["each_full"]);
  assert.match(explain(core.state, core.state.tasks.get(core.seq("e[2]"))!, core.now)[0]!.message, /^e has .* 2: /);
  core.done("e[1]");
  assert.deepEqual(core.running(), ["e[0]", "e[2]", "other"]);
  core.fail("e[0]");
  core.done("e[2]", "e[3]", "e[4]", "other");
  assert.equal(core.at("e"), "failed");
});

test("members that hold runs of their own: so many go on, until they end", () => {
  const core = harness();
  core.start({ e: each(1), other: {} });
  core.expand("e", 3, 0, 3, WORKFLOW as object);
  assert.deepEqual([why(core, "e[0]"), why(core, "e[1]")], [["prepare"], ["each_full"]]);
  core.sub("e[0]", { a: {}, b: {} });
  assert.deepEqual(core.running(), ["a", "b", "other"], "what is inside of a member is not a member");
  core.cancel("e[1]");
  core.done("a");
  assert.deepEqual(why(core, "e[2]"), ["each_full"]);
  core.done("b");
  assert.deepEqual([core.at("e[0]"), why(core, "e[2]")], ["succeeded", ["prepare"]]);
  core.prepare("e[2]", { end: { state: "failed", reason: "no" } });
  core.done("other");
  assert.equal(core.at("e"), "failed");
});

test("the runs inside a run are of it: its limit is theirs", () => {
  const core = harness();
  core.start({ w: WORKFLOW, a: {}, b: {} }, { maxParallel: 2 });
  assert.deepEqual(core.running(), ["a", "b"]);
  core.sub("w", { x: {}, y: {} });
  assert.deepEqual(why(core, "x"), ["run_full"]);
  core.done("a");
  assert.deepEqual(core.running(), ["b", "x"]);
  core.done("b");
  assert.deepEqual(core.running(), ["x", "y"]);
  core.done("x", "y");
  assert.equal(core.outcome(), "succeeded");
});

test("a paused run pauses what is inside, but not a run that holds it", () => {
  const core = harness();
  const outer = core.start({ w: WORKFLOW, a: {}, b: { needs: ["a"] } });
  const inner = core.sub("w", { x: {}, y: { needs: ["x"] } });
  core.turn({ type: "PauseRun", run: outer, paused: true });
  core.done("x", "a");
  assert.deepEqual([core.running(), why(core, "y"), why(core, "b")], [[], ["run_paused"], ["run_paused"]]);
  core.turn({ type: "PauseRun", run: inner, paused: true });
  core.turn({ type: "PauseRun", run: outer, paused: false });
  assert.deepEqual(core.running(), ["b"]);
  core.done("b");
  core.turn({ type: "PauseRun", run: inner, paused: false });
  core.done("y");
  assert.equal(core.outcome(outer), "succeeded");
});

test("a run that is held comes in stretches, or goes as if it had never been", () => {
  const core = harness();
  core.start({ w: WORKFLOW, after: { needs: ["w"] } });
  const dropped = core.sub("w", { x: {} }, { open: true });
  core.turn({ type: "DropRun", run: dropped });
  assert.deepEqual([core.at("w"), why(core, "w")], ["queued", ["prepare"]]);
  const inner = core.sub("w", { x: {} }, { open: true });
  assert.deepEqual([core.at("w"), core.running()], ["queued", []]);
  const more = tasksOf({ y: {}, z: {} }).map((task) => ({ ...task, needsEarlier: [0] }));
  core.turn({ type: "AddToRun", run: inner, tasks: more, last: true });
  assert.deepEqual([core.at("w"), core.running()], ["running", ["x"]]);
  core.done("x", "y", "z", "after");
  assert.equal(core.outcome(), "succeeded");
});

test("a container that is cancelled while its run comes in: that run ends with its last stretch", () => {
  const core = harness();
  core.start({ w: WORKFLOW });
  const inner = core.sub("w", { x: {} }, { open: true });
  core.cancel("w");
  core.turn({ type: "AddToRun", run: inner, tasks: [newTask({ name: "y" })], last: true });
  assert.deepEqual([core.at("w"), core.outcome(inner), core.state.runs.size], ["cancelled", "cancelled", 0]);
});

test("a run inside one of its own group shares the place of that one; another one waits", () => {
  const core = harness();
  const group = { name: "g", limit: 1, overlap: "queue" } as const;
  const outer = core.start({ w: WORKFLOW }, { group });
  core.sub("w", { x: {} }, { group });
  const next = core.start({ y: {} }, { group });
  assert.deepEqual([core.running(), why(core, "y")], [["x"], ["run_waiting"]]);
  core.done("x");
  assert.deepEqual([core.outcome(outer), core.running()], ["succeeded", ["y"]]);
  core.done("y");
  assert.equal(core.outcome(next), "succeeded");
});

test("a run that is done again waits for a place like any other", () => {
  const core = harness();
  const group = { name: "g", limit: 1, overlap: "queue" } as const;
  const first = core.start({ a: {} }, { group });
  core.fail("a");
  const second = core.start({ b: {} }, { group });
  core.retry(["a"], [first]);
  assert.deepEqual([core.running(), why(core, "a")], [["b"], ["run_waiting"]]);
  core.done("b", "a");
  assert.deepEqual([core.outcome(first), core.outcome(second)], ["succeeded", "succeeded"]);
});

test("members stand where their each stands among the tasks of the run", () => {
  const core = harness(0);
  core.start({ a: { rank: 5 }, e: { ...each(9), rank: 9 }, b: { rank: 7 } });
  core.expand("e", 2);
  core.connect("v", 1);
  const order: string[] = [];
  for (let [name] = core.running(); name !== undefined; [name] = core.running()) {
    order.push(name);
    core.done(name);
  }
  assert.deepEqual(order, ["e[0]", "e[1]", "b", "a"]);
});

test("a place that becomes free while the run is paused is not lost with the member that was to have it", () => {
  const core = harness();
  core.start({ e: each(1) });
  core.expand("e", 3, 0, 3, WORKFLOW as object);
  core.sub("e[0]", { a: {} });
  core.turn({ type: "PauseRun", run: core.run, paused: true });
  core.done("a");
  assert.deepEqual([why(core, "e[1]"), why(core, "e[2]")], [["run_paused"], ["run_paused", "each_full"]]);
  core.cancel("e[1]");
  core.turn({ type: "PauseRun", run: core.run, paused: false });
  assert.deepEqual(why(core, "e[2]"), ["prepare"]);
});

test("a run that still comes in when its container was cancelled and opened again is not the one that it holds", () => {
  const core = harness();
  core.start({ w: WORKFLOW });
  const late = core.sub("w", { a: {} }, { open: true });
  core.cancel("w");
  core.retry(["w"]);
  core.turn({ type: "AddToRun", run: late, tasks: tasksOf({ b: {} }), last: true });
  assert.deepEqual(
    [core.outcome(late), core.states("w", "a", "b")],
    ["cancelled", { w: "queued", a: "cancelled", b: "cancelled" }],
  );
  core.sub("w", { c: {} });
  core.done("c");
  assert.deepEqual([core.at("w"), core.outcome(core.run)], ["succeeded", "succeeded"]);
});

test("what is planned as it goes gets no more tasks when somebody has said how the task ends that holds it", () => {
  const core = harness();
  core.start({ w: WORKFLOW });
  const inner = core.sub("w", { a: {} }, { planner: "p" });
  core.mark("w", "succeeded");
  assert.deepEqual([core.outcome(), core.outcome(inner), core.at("a")], ["succeeded", undefined, "cancelled"]);
  core.turn({ type: "AdvanceRun", run: inner, tasks: [newTask({ name: "more" })] });
  assert.deepEqual([core.outcome(inner), core.states()], ["cancelled", { w: "succeeded", a: "cancelled" }]);
});

test("two runs that hold a group each and would wait for that of the other for ever: one of them is given up", () => {
  const core = harness();
  const group = (name: string) => ({ name, limit: 1, overlap: "queue" as const });
  core.start({ outerA: WORKFLOW, afterA: { needs: ["outerA"], node: { trigger: "all_done" } } }, { group: group("a") });
  core.start({ outerB: WORKFLOW }, { group: group("b") });
  core.sub("outerA", { innerA: {} }, { group: group("b") });
  assert.deepEqual([core.at("outerA"), why(core, "innerA")], ["running", ["run_waiting"]]);
  core.sub("outerB", { innerB: {}, undo: { node: { role: "cancel" } } }, { group: group("a") });
  assert.deepEqual(core.states("outerB", "innerB", "undo"), {
    outerB: "failed",
    innerB: "cancelled",
    undo: "cancelled",
  });
  assert.match(core.reason("outerB")!, /would wait for ever for a place in the group a, which r1 has and r2 around it/);
  // With it, the other one has its place.
  assert.deepEqual(core.running(), ["innerA"]);
  core.done("innerA", "afterA");
  assert.equal(core.outcome(1), "succeeded");
});

test("a run that is done again with the one around it has its place after that one", () => {
  const core = harness();
  const group = (name: string) => ({ name, limit: 1, overlap: "queue" as const });
  const outer = core.start({ outer: WORKFLOW }, { group: group("a") });
  const inner = core.sub("outer", { x: {} }, { group: group("b") });
  core.fail("x");
  assert.equal(core.outcome(outer), "failed");
  core.start({ other: WORKFLOW }, { group: group("a") });
  core.retry([core.again("outer", { holds: true }), "x"], [outer, inner]);
  assert.deepEqual(core.running(), [], "the place of the inner run is free for others until its turn has come");
  core.sub("other", { y: {} }, { group: group("b") });
  assert.deepEqual(core.running(), ["y"]);
  core.done("y");
  assert.deepEqual(core.running(), ["x"]);
});
