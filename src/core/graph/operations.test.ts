/** What people do to live runs, and what is undone: compensation, approvals, cancelling at any time, marks, repeats. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphHarness, type Node } from "../../../test/sim/graph-harness.ts";
import { explain } from "../explain.ts";
import { DEFAULT_POLICY } from "../policy.ts";

function harness(slots = 10): GraphHarness {
  const core = new GraphHarness();
  core.connect("w", slots);
  return core;
}

/** Three tasks, each with a compensation, and one at the end. */
const UNDONE: Record<string, Node> = {
  a: {},
  b: {},
  c: {},
  last: { needs: ["a", "b", "c"] },
  ua: { undoes: "a" },
  ub: { undoes: "b" },
  uc: { undoes: "c" },
};

function ran(core: GraphHarness): string[] {
  const order: string[] = [];
  const before = core.onTurn;
  core.onTurn = (state, turn) => {
    before(state, turn);
    for (const event of turn.events) {
      if (event.type === "AttemptStarted") order.push(state.tasks.get(event.task)!.name!);
    }
  };
  return order;
}

test("what has succeeded is undone in the reverse order of its ends, one after another, and what has not is left", () => {
  const core = harness();
  core.start(UNDONE);
  core.done("b");
  core.now += 5;
  core.done("a");
  core.fail("c");
  assert.equal(core.at("last"), "upstream_failed");
  assert.deepEqual([core.running(), core.phase()], [["ua"], "compensate"]);
  core.done("ua");
  assert.deepEqual(core.running(), ["ub"]);
  core.done("ub");
  assert.deepEqual([core.at("uc"), core.outcome()], ["skipped", "failed"]);
});

test("ends of one moment are undone by number, the highest first", () => {
  const core = harness();
  core.start(UNDONE);
  const order = ran(core);
  core.done("c", "b", "a");
  core.fail("last");
  core.done("uc", "ub", "ua");
  assert.deepEqual(order, ["last", "uc", "ub", "ua"]);
});

test("a run that has succeeded undoes nothing, nor does one in which nothing succeeded", () => {
  const core = harness();
  core.start(UNDONE);
  core.done("a", "b", "c", "last");
  assert.deepEqual([core.outcome(), core.at("ua")], ["succeeded", "skipped"]);
  core.start({ x: {}, ux: { undoes: "x" } });
  core.fail("x");
  assert.deepEqual([core.outcome(), core.at("ux")], ["failed", "skipped"]);
});

test("an undoing that fails does not stop the others; a cancelled run has then failed", () => {
  for (const [cancelled, breaks, outcome] of [
    [true, true, "failed"],
    [true, false, "cancelled"],
    [false, true, "failed"],
  ] as const) {
    const core = harness();
    core.start({ ...UNDONE, lose: { node: { role: "failure" } }, stop: { node: { role: "cancel" } } });
    core.done("a", "b");
    if (cancelled) core.cancelRun();
    else core.fail("c");
    if (cancelled) core.end(core.seq("c"), "cancelled");
    if (breaks) core.fail("ub");
    else core.done("ub");
    core.done("ua");
    const handler = outcome === "failed" ? "lose" : "stop";
    assert.deepEqual(core.running(), [handler]);
    core.done(handler);
    assert.equal(core.outcome(), outcome);
  }
});

test("a container is undone as a whole", () => {
  const core = harness();
  core.start({ e: { kind: "each" }, ue: { undoes: "e" }, bad: { needs: ["e"] } });
  core.expand("e", 2);
  core.done("e[0]", "e[1]");
  core.fail("bad");
  assert.deepEqual(core.running(), ["ue"]);
});

test("cancelled while the main part runs: it is undone, then the handlers of cancel and of every outcome run", () => {
  const core = harness();
  core.start({ ...UNDONE, stop: { node: { role: "cancel" } }, bye: { node: { role: "exit" } } });
  core.done("a");
  core.cancelRun();
  core.cancelRun();
  for (const name of ["b", "c"]) core.end(core.seq(name), "cancelled");
  core.done("ua", "stop", "bye");
  assert.equal(core.outcome(), "cancelled");
});

test("cancelled in each phase: what runs then is cancelled, and nothing else of the run starts", () => {
  const nodes: Record<string, Node> = {
    a: {},
    b: { needs: ["a"] },
    ua: { undoes: "a" },
    lose: { node: { role: "failure" } },
    bye: { node: { role: "exit" } },
  };
  for (const until of ["ua", "lose", "bye"]) {
    const core = harness();
    core.start(nodes);
    core.done("a");
    core.fail("b");
    for (const name of ["ua", "lose", "bye"]) {
      if (name === until) break;
      core.done(name);
    }
    assert.deepEqual(core.running(), [until]);
    core.cancelRun();
    core.end(core.seq(until), "cancelled");
    assert.deepEqual([core.running(), core.outcome()], [[], "failed"], until);
  }
});

test("a run whose success is being told is cancelled: that is how it ends", () => {
  const core = harness();
  core.start({ a: {}, win: { node: { role: "success" } } });
  core.done("a");
  core.cancelRun();
  core.end(core.seq("win"), "cancelled");
  assert.equal(core.outcome(), "cancelled");
  core.start({ a: {} }, { outputs: true });
  core.done("a");
  assert.equal(core.phase(), "outputs");
  core.cancelRun();
  assert.equal(core.outcome(), "cancelled");
});

test("a run inside that undoes what it did is not disturbed by the first cancel, but by the second", () => {
  for (const again of [false, true]) {
    const core = harness();
    const outer = core.start({ s: { kind: "workflow" } });
    const inner = core.sub("s", { a: {}, b: { needs: ["a"] }, ua: { undoes: "a" } });
    core.done("a");
    core.fail("b");
    core.cancelRun(outer);
    assert.equal(core.state.tasks.get(core.seq("ua"))?.live?.cancel, undefined);
    if (again) core.cancelRun(outer);
    assert.equal(core.state.tasks.get(core.seq("ua"))?.live?.cancel, again ? "no" : undefined);
    if (again) core.end(core.seq("ua"), "cancelled");
    else core.done("ua");
    assert.deepEqual([core.outcome(inner), core.outcome(outer)], ["failed", "cancelled"]);
  }
});

const APPROVED: Node = { node: { approval: { timeoutMs: 1000 } } };

test("an approval: a person is asked when all else is there, and the task goes on with their word", () => {
  const core = harness();
  core.start({ a: { node: { prepare: true, approval: {} } }, gate: { kind: "approval", needs: ["a"] } });
  assert.equal(core.state.graph.asking.length, 0);
  core.prepare("a", { message: "deploy?" });
  assert.deepEqual(core.said(), ["TaskPrepared t1", "ApprovalAsked t1"]);
  assert.equal(explain(core.state, core.state.tasks.get(1)!, core.now)[0]?.code, "approval");
  core.turn({ type: "ApproveTask", task: 1, approve: true, by: "Ada" });
  assert.deepEqual(core.running(), ["a"]);
  const [no] = core.turn({ type: "ApproveTask", task: 1, approve: true });
  assert.deepEqual(no, { ok: false, rejection: { type: "NotAwaited", task: 1, state: "running" } });
  core.done("a");
  assert.deepEqual(core.said().slice(-1), ["ApprovalAsked t2"]);
  core.turn({ type: "ApproveTask", task: 2, approve: true, by: "Ada", note: "fine" });
  assert.deepEqual(
    [core.outcome(), core.ledger.tasks.get(2)?.result],
    ["succeeded", '{"approved":true,"by":"Ada","note":"fine"}'],
  );
});

test("a rejection is a failure, and no dead letter", () => {
  const core = harness();
  core.start({ a: APPROVED, b: { needs: ["a"] } });
  core.turn({ type: "ApproveTask", task: 1, approve: false, by: "Ada", note: "too late" });
  assert.deepEqual(
    [core.at("a"), core.reason("a"), core.at("b")],
    ["failed", "rejected by Ada: too late", "upstream_failed"],
  );
  const end = core.events.find((event) => event.type === "TaskEnded");
  assert.deepEqual([end?.dead, end?.said], [undefined, "rejected"]);
});

test("silence means what the task says, from the moment in which somebody was asked", () => {
  for (const onTimeout of [undefined, "reject", "approve"] as const) {
    const core = harness();
    core.start({ a: {}, b: { needs: ["a"], node: { approval: { timeoutMs: 1000, onTimeout } } } });
    core.now += 5000;
    core.done("a");
    const reason = explain(core.state, core.state.tasks.get(2)!, core.now)[0];
    assert.equal(reason?.until, core.now + 1000);
    core.now += 999;
    core.turn({ type: "Tick" });
    assert.equal(core.at("b"), "queued");
    core.now += 1;
    core.turn({ type: "Tick" });
    assert.equal(core.at("b"), onTimeout === "approve" ? "running" : "failed");
  }
});

test("nobody is asked while the run may not go on", () => {
  const core = harness();
  core.start({ x: {}, a: { ...APPROVED, needs: ["x"] } });
  core.turn({ type: "PauseRun", run: core.run, paused: true });
  core.done("x");
  assert.ok(!core.said().some((word) => word.startsWith("ApprovalAsked")));
  core.now += 5000;
  core.turn({ type: "PauseRun", run: core.run, paused: false });
  assert.deepEqual(core.said(), ["RunPaused", "ApprovalAsked t2"]);
});

test("a container that needs an approval is prepared, approved, and then spread", () => {
  const core = harness();
  core.start({ e: { kind: "each", node: { prepare: true, approval: {} } } });
  assert.deepEqual(core.expand("e", 1), { ok: true, ignored: true }, "nobody has agreed");
  core.prepare("e");
  assert.deepEqual(core.expand("e", 1), { ok: true, ignored: true });
  core.turn({ type: "ApproveTask", task: 1, approve: true });
  assert.equal(core.state.flow.held.get(core.state.tasks.get(1)!), "prepare");
  core.expand("e", 1);
  core.done("e[0]");
  assert.equal(core.outcome(), "succeeded");
});

test("repeat: an attempt that is to be done again is no try, and waits for its time", () => {
  const core = harness();
  core.start({ a: { node: { judged: true }, policy: { ...DEFAULT_POLICY, retryLimit: 1, delayMs: 0, jitter: 0 } } });
  core.end(1, { outcome: "succeeded", againMs: 0 });
  assert.deepEqual(core.running(), ["a"]);
  core.end(1, { outcome: "succeeded", againMs: 100 });
  assert.deepEqual([core.at("a"), core.state.tasks.get(1)?.tries], ["scheduled", 0]);
  assert.equal(explain(core.state, core.state.tasks.get(1)!, core.now)[0]?.code, "repeat");
  core.now += 100;
  core.turn({ type: "Tick" });
  core.fail("a");
  assert.equal(core.at("a"), "running", "a failure has its retry all the same");
  core.cancel("a");
  core.end(1, { outcome: "succeeded", againMs: 100 });
  assert.equal(core.outcome(), "cancelled");
});

test("mark: what waits ends as a person says, whatever it waits for", () => {
  for (const state of ["succeeded", "failed", "skipped"] as const) {
    const core = harness(1);
    core.turn({ type: "ConfigureArm", arm: "closed", enabled: false });
    core.start({
      a: {},
      blocked: { needs: ["a"] },
      queued: { arm: "closed" },
      later: { runAt: core.now + 100 },
      asked: { node: { approval: {} } },
      gate: { kind: "approval" },
      unready: { node: { prepare: true } },
      each: { kind: "each" },
    });
    for (const name of ["blocked", "queued", "later", "asked", "gate", "unready", "each"]) {
      core.mark(name, state);
      assert.deepEqual([core.at(name), core.reason(name)], [state, `marked ${state} by Ada: I know`]);
    }
    core.done("a");
    assert.equal(core.outcome(), state === "failed" ? "failed" : "succeeded");
  }
});

test("mark: the attempt of a task that runs is given up", () => {
  const core = harness(1);
  core.start({ a: {}, b: { needs: ["a"] } });
  core.mark("a", "succeeded", { result: "7" });
  assert.deepEqual([core.at("a"), core.running(), core.ledger.tasks.get(1)?.result], ["succeeded", ["b"], "7"]);
  assert.deepEqual(core.effects, [{ type: "CancelAttempt", worker: "w", task: 1, attempt: 1, reason: "lost" }]);
  const late = { outcome: "failed" } as const;
  const [reply] = core.turn({ type: "EndAttempt", worker: "w", session: 1, task: 1, attempt: 1, report: late });
  assert.deepEqual(reply, { ok: true, ignored: true });
});

test("mark: a container ends with everything in it", () => {
  const core = harness(3);
  core.start({ e: { kind: "each" }, s: { kind: "workflow" }, after: { needs: ["e", "s"] } });
  core.expand("e", 5, 0, 3);
  core.turn({ type: "ConfigureArm", arm: "default", maxParallel: 10 });
  const inner = core.sub("s", { x: {}, y: { needs: ["x"] }, tidy: { node: { role: "cancel" } } });
  core.mark("e", "succeeded");
  assert.deepEqual(core.running(), ["x"]);
  core.mark("s", "failed");
  assert.deepEqual([core.outcome(inner), core.at("tidy")], ["cancelled", "cancelled"]);
  assert.deepEqual([core.at("after"), core.outcome()], ["upstream_failed", "failed"]);
});

test("mark: what has ended is opened and ends so, and what ended because of it goes on", () => {
  const core = harness();
  core.start({ a: {}, b: { needs: ["a"] }, c: { needs: ["b"] }, live: {} });
  core.fail("a");
  assert.deepEqual(core.states("b", "c"), { b: "upstream_failed", c: "upstream_failed" });
  core.mark("a", "succeeded", {
    again: { tasks: ["a", "b", "c"].map((name) => core.again(name)), children: [], runs: [] },
  });
  assert.deepEqual(core.states("a", "b", "c"), { a: "succeeded", b: "running", c: "blocked" });
  core.done("b", "c", "live");
  assert.equal(core.outcome(), "succeeded");
});

test("mark: a run that has ended goes on", () => {
  const core = harness();
  core.start({ a: {}, b: { needs: ["a"] } });
  core.fail("a");
  assert.equal(core.outcome(), "failed");
  const tasks = ["a", "b"].map((name) => core.again(name));
  core.mark("a", "skipped", { again: { tasks, children: [], runs: [core.ledger.endedRun(core.run)] } });
  assert.deepEqual([core.at("b"), core.outcome()], ["skipped", "succeeded"]);
});

test("mark: what has ended and nobody says what follows is not there", () => {
  const core = harness();
  const [reply] = core.turn({ type: "MarkTask", task: 9, state: "failed" });
  assert.deepEqual(reply, { ok: false, rejection: { type: "TaskNotFound", task: 9 } });
});

test("workflows are registered by name", () => {
  const core = harness();
  core.turn({ type: "SetWorkflow", workflow: "etl", hash: "h", definition: "name: etl" });
  assert.deepEqual([...core.state.graph.workflows], ["etl"]);
  core.turn({ type: "RemoveWorkflow", workflow: "etl" });
  const [reply] = core.turn({ type: "RemoveWorkflow", workflow: "etl" });
  assert.deepEqual(reply, { ok: false, rejection: { type: "WorkflowNotFound", workflow: "etl" } });
});

test("who is marked after its end leaves its unique key to whoever has it by now", () => {
  const core = new GraphHarness();
  const unique = { key: "k", scope: "active", periodMs: undefined, policy: "replace" } as const;
  const run = core.start({ first: { asks: { unique } }, after: { needs: ["first"] } });
  core.start({ second: { asks: { unique } } });
  assert.deepEqual(core.states("first", "after"), { first: "cancelled", after: "upstream_failed" });
  const again = { runs: [core.ledger.endedRun(run)], tasks: [core.again("first"), core.again("after")], children: [] };
  core.mark("first", "succeeded", { again });
  assert.deepEqual([core.at("first"), core.at("after")], ["succeeded", "queued"]);
  assert.equal(core.state.flow.uniques.get("k")?.seq, core.seq("second"));
});
