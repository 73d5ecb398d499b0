/** Doing again what has ended: the failed part, everything, one task; containers from the inside; what was undone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphHarness, type Node } from "../../../test/sim/graph-harness.ts";
import { newTask } from "../../../test/sim/core-harness.ts";

function harness(slots = 10): GraphHarness {
  const core = new GraphHarness();
  core.connect("w", slots);
  return core;
}

test("from what failed: it runs again, what waited for it waits again, and what had succeeded stays", () => {
  const core = harness();
  core.start({
    ok: {},
    a: {},
    b: { needs: ["ok", "a"] },
    c: { needs: ["b"] },
    d: { needs: ["a"], node: { trigger: "any_failed" } },
  });
  core.done("ok");
  core.fail("a");
  core.done("d");
  assert.equal(core.outcome(), "failed");
  core.retry(["a", "b", "c"]);
  assert.equal(core.outcome(), undefined);
  assert.deepEqual(core.states("ok", "a", "b", "c"), { ok: "succeeded", a: "running", b: "blocked", c: "blocked" });
  assert.equal(core.state.tasks.get(core.seq("a"))?.attempt, 2, "attempts are numbered on");
  core.done("a", "b", "c");
  assert.equal(core.outcome(), "succeeded");
});

test("params and work may change; the time limit of the run is gone", () => {
  const core = harness();
  core.start({ a: {} }, { timeoutMs: 1000 });
  core.fail("a");
  const tasks = [core.again("a", { work: '{"x":1}', spec: "{}" })];
  core.turn({
    type: "RetryRun",
    run: 1,
    runs: [core.ledger.endedRun(1)],
    tasks,
    children: [],
    params: { day: "today" },
  });
  const [opened, again] = core.events;
  assert.ok(opened?.type === "RunReopened" && again?.type === "TaskReopened");
  assert.deepEqual([opened.params, again.work, again.spec], [{ day: "today" }, '{"x":1}', "{}"]);
  core.now += 5000;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.running(), ["a"]);
});

test("what lives is not done again", () => {
  const core = harness();
  core.start({ a: {}, b: {} });
  const task = { ...core.ledger.ended(1), state: "failed" as const };
  const [reply] = core.turn({ type: "RetryRun", run: 1, runs: [], tasks: [{ task }], children: [] });
  assert.deepEqual(reply, { ok: false, rejection: { type: "TaskNotEnded", task: 1, state: "running" } });
  const [none] = core.turn({ type: "RetryRun", run: 7, runs: [], tasks: [], children: [] });
  assert.deepEqual(none, { ok: false, rejection: { type: "RunNotFound", run: 7 } });
});

test("one task of a live run: whoever still waits beside it waits for it again", () => {
  const core = harness();
  const trigger = (name: "any_succeeded" | "all_done" | "none_failed"): Node => ({
    needs: ["a", "b"],
    node: { trigger: name },
  });
  core.start({ a: {}, b: {}, all: trigger("all_done"), none: trigger("none_failed"), usual: { needs: ["a", "b"] } });
  core.done("a");
  const children = ["all", "none", "usual"].map((name) => core.seq(name));
  core.retry([core.again("a", { children })]);
  core.done("b");
  assert.deepEqual(core.states("all", "none", "usual"), { all: "blocked", none: "blocked", usual: "blocked" });
  core.fail("a");
  assert.deepEqual(core.states("all", "none", "usual"), {
    all: "running",
    none: "upstream_failed",
    usual: "upstream_failed",
  });
});

test("failures with leave are taken back when they are done again", () => {
  const core = harness();
  core.start({ a: { node: { allow: true } }, b: { needs: ["a"], node: { trigger: "any_failed" } } });
  core.fail("a");
  core.done("b");
  assert.equal(core.outcome(), "partial");
  core.retry(["a", "b"]);
  assert.deepEqual(core.states(), { a: "running", b: "blocked" });
  core.done("a");
  assert.deepEqual([core.at("b"), core.outcome()], ["skipped", "succeeded"]);
});

const HANDLED: Record<string, Node> = {
  a: {},
  b: { needs: ["a"] },
  ua: { undoes: "a" },
  lose: { node: { role: "failure" } },
  win: { node: { role: "success" } },
};

test("what was undone is done again, once more undone if it has to be, and handlers run anew", () => {
  const core = harness();
  core.start(HANDLED);
  core.done("a");
  core.fail("b");
  core.done("ua", "lose");
  core.retry(["a", "b", "ua", "lose", "win"]);
  assert.deepEqual(core.running(), ["a"]);
  core.done("a");
  core.fail("b");
  assert.deepEqual(core.running(), ["ua"]);
  core.done("ua", "lose");
  assert.equal(core.outcome(), "failed");
  core.retry(["a", "b", "ua", "lose", "win"]);
  core.done("a", "b", "win");
  assert.deepEqual([core.outcome(), core.at("ua"), core.at("lose")], ["succeeded", "skipped", "skipped"]);
});

test("what stays done is undone by the same task when the run fails again, by when it ended", () => {
  const core = harness();
  core.start({ a: {}, c: {}, b: { needs: ["a", "c"] }, ua: { undoes: "a" }, uc: { undoes: "c" } });
  core.done("c");
  core.now += 10;
  core.done("a");
  core.fail("b");
  core.fail("ua");
  core.fail("uc");
  core.retry(["b", "ua", "uc"]);
  core.fail("b");
  assert.deepEqual(core.running(), ["ua"]);
  core.done("ua", "uc");
  assert.equal(core.outcome(), "failed");
});

test("while handlers are at work nothing of the run is done again; when only its outputs are missing, it goes back", () => {
  const core = harness();
  core.start({ a: {}, b: { node: { allow: true } }, win: { node: { role: "success" } } }, { outputs: true });
  core.done("a");
  core.fail("b");
  const rejection = { type: "TaskNotEnded", task: core.seq("win"), state: "running" };
  assert.deepEqual(core.retry(["b"]), { ok: false, rejection });
  core.done("win");
  assert.equal(core.phase(), "outputs");
  core.retry(["b"]);
  assert.deepEqual([core.phase(), core.running()], [undefined, ["b"]]);
  core.done("b");
  core.turn({ type: "CloseRun", run: core.run });
  assert.equal(core.outcome(), "succeeded");
});

test("an each that keeps what it holds: only what failed runs again", () => {
  const core = harness();
  core.start({ e: { kind: "each" }, after: { needs: ["e"] } });
  core.expand("e", 3);
  core.fail("e[0]");
  core.fail("e[1]");
  core.done("e[2]");
  assert.equal(core.outcome(), "failed");
  core.retry([core.again("e", { holds: true }), "e[0]", "after"]);
  assert.deepEqual(core.states(), {
    e: "running",
    "e[0]": "running",
    "e[1]": "failed",
    "e[2]": "succeeded",
    after: "blocked",
  });
  core.done("e[0]");
  assert.deepEqual(
    [core.at("e"), core.reason("e"), core.at("after")],
    ["failed", "1 of 3 failed: e[1]", "upstream_failed"],
  );
  core.retry([core.again("e", { holds: true }), "e[1]", "after"]);
  core.done("e[1]", "after");
  assert.equal(core.outcome(), "succeeded");
});

test("an each of which not all was made goes on being made", () => {
  const core = harness();
  core.start({ e: { kind: "each", node: { failFast: true } } });
  core.expand("e", 4, 0, 2);
  core.fail("e[0]");
  core.end(core.seq("e[1]"), "cancelled");
  assert.equal(core.outcome(), "failed");
  core.retry([core.again("e", { holds: true }), "e[0]", "e[1]"]);
  core.expand("e", 4, 2, 2);
  core.done("e[0]", "e[1]", "e[2]", "e[3]");
  assert.equal(core.outcome(), "succeeded");
});

test("an each that is evaluated anew: members keep their places, new ones come, those beyond the end are skipped", () => {
  for (const total of [2, 3, 5]) {
    const core = harness();
    core.start({ e: { kind: "each" } });
    core.expand("e", 3);
    core.fail("e[0]");
    core.done("e[1]", "e[2]");
    core.retry(["e"]);
    assert.deepEqual([core.at("e"), core.outcome()], ["queued", undefined]);
    const numbers = [0, 1, 2].map((index) => core.seq(`e[${index}]`));
    const members = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => newTask({ name: `e[${from + i}]`, work: '{"new":1}' }));
    const prior = (from: number) =>
      new Map(numbers.slice(from).map((seq, index) => [index, core.ledger.ended(seq)] as const));
    core.turn({ type: "ExpandTask", task: 1, total, from: 0, tasks: members(0, 1), prior: prior(0) });
    const surplus = numbers.slice(total).map((seq) => core.ledger.ended(seq));
    core.turn({ type: "ExpandTask", task: 1, total, from: 1, tasks: members(1, total - 1), prior: prior(1), surplus });
    assert.equal(core.running().length, total);
    assert.equal(core.state.tasks.get(numbers[0]!)?.attempt, 2);
    for (let index = 0; index < total; index++) core.done(`e[${index}]`);
    assert.deepEqual([core.at("e"), core.outcome()], ["succeeded", "succeeded"]);
    if (total === 2) assert.deepEqual([core.at("e[2]"), core.reason("e[2]")], ["skipped", "the list is shorter now"]);
    if (total === 5) assert.equal(core.ledger.tasks.size, 6);
  }
});

test("a run inside is done again from the inside, with everything around it", () => {
  const core = harness();
  const outer = core.start({ s: { kind: "workflow" }, after: { needs: ["s"] } });
  const inner = core.sub("s", { x: {}, y: { needs: ["x"] }, lose: { node: { role: "failure" } } });
  core.fail("x");
  core.done("lose");
  assert.deepEqual([core.outcome(inner), core.outcome(outer)], ["failed", "failed"]);
  core.retry([core.again("s", { holds: true }), "after", "x", "y", "lose"], [outer, inner]);
  assert.deepEqual([core.at("s"), core.running(), core.at("y")], ["running", ["x"], "blocked"]);
  core.done("x", "y", "after");
  assert.deepEqual([core.outcome(inner), core.outcome(outer)], ["succeeded", "succeeded"]);
});

test("a workflow task that is evaluated anew gets a new run", () => {
  const core = harness();
  const outer = core.start({ s: { kind: "workflow" } });
  core.sub("s", { x: {} });
  core.fail("x");
  core.retry(["s"]);
  assert.equal(core.at("s"), "queued");
  const next = core.sub("s", { z: {} });
  core.done("z");
  assert.deepEqual([core.outcome(next), core.outcome(outer)], ["succeeded", "succeeded"]);
});

test("a run that failed for its outputs has nothing to do again, and comes to them once more", () => {
  const core = harness();
  core.start({ a: {} }, { outputs: true });
  core.done("a");
  core.turn({ type: "CloseRun", run: 1, failed: "no" });
  core.retry([]);
  assert.equal(core.phase(), "outputs");
  core.turn({ type: "CloseRun", run: 1, result: "{}" });
  assert.equal(core.outcome(), "succeeded");
});

test("what was prepared and approved is so anew", () => {
  const core = harness();
  core.start({ a: { node: { prepare: true, approval: {} } } });
  core.prepare("a");
  core.turn({ type: "ApproveTask", task: 1, approve: true });
  core.fail("a");
  core.retry(["a"]);
  assert.equal(core.state.flow.held.get(core.state.tasks.get(1)!), "prepare");
  core.prepare("a");
  assert.deepEqual(core.said(), ["TaskPrepared t1", "ApprovalAsked t1"]);
});

test("whoever asks for it again wants it to run, whatever its trigger made of it", () => {
  const core = harness();
  core.start({ a: {}, c: { needs: ["a"], node: { trigger: "any_failed" } } });
  core.done("a");
  assert.equal(core.at("c"), "skipped");
  core.retry(["c"]);
  assert.deepEqual(core.running(), ["c"]);
});
