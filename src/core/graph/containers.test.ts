/** Tasks that hold others: members of an `each`, runs inside runs, what stops them, what becomes of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphHarness, type Node } from "../../../test/sim/graph-harness.ts";
import { newTask } from "../../../test/sim/core-harness.ts";
import { explain } from "../explain.ts";
import { DEFAULT_POLICY } from "../policy.ts";
import { RUN_DEPTH_MAX } from "./rule.ts";
import { processorMs } from "../../../test/machine.ts";

const EACH: Node = { kind: "each", node: { prepare: true } };
const WORKFLOW: Node = { kind: "workflow", node: { prepare: true } };

function harness(slots = 10): GraphHarness {
  const core = new GraphHarness();
  core.connect("w", slots);
  return core;
}

test("an each is held until it is spread, runs while its members do, and joins", () => {
  const core = harness();
  core.start({ e: EACH, after: { needs: ["e"] } });
  const [reason] = explain(core.state, core.state.tasks.get(1)!, core.now);
  assert.deepEqual([core.at("e"), reason?.code], ["queued", "prepare"]);
  core.expand("e", 3, 0, 2);
  assert.deepEqual([core.at("e"), core.running()], ["running", ["e[0]", "e[1]"]]);
  assert.equal(core.state.runCounts.running, 1);
  core.done("e[0]", "e[1]");
  assert.equal(core.at("e"), "running", "a member is still to be made");
  assert.match(explain(core.state, core.state.tasks.get(1)!, core.now)[0]!.message, /0 of its 3 .* 1 are still/);
  assert.deepEqual(core.expand("e", 3, 0, 2), { ok: true, ignored: true }, "they are there already");
  core.expand("e", 3, 2, 1);
  core.done("e[2]");
  assert.deepEqual([core.at("e"), core.running()], ["succeeded", ["after"]]);
  core.done("after");
  assert.equal(core.outcome(), "succeeded");
});

test("an each of nothing has succeeded", () => {
  const core = harness();
  core.start({ e: EACH, after: { needs: ["e"] } });
  core.expand("e", 0);
  assert.deepEqual([core.at("e"), core.running()], ["succeeded", ["after"]]);
});

test("members that fail: the others go on, then the each has failed and says which", () => {
  const core = harness();
  core.start({ e: EACH, after: { needs: ["e"] } });
  core.expand("e", 6);
  for (const index of [1, 4, 2, 5]) core.fail(`e[${index}]`);
  core.done("e[0]");
  assert.equal(core.at("e"), "running");
  core.end(core.seq("e[3]"), { outcome: "succeeded", exitCode: 99 });
  assert.deepEqual([core.at("e"), core.at("after")], ["failed", "upstream_failed"]);
  assert.equal(core.reason("e"), "4 of 6 failed: e[1], e[4], e[2], …");
  assert.equal(core.outcome(), "failed");
});

test("members with leave make the each, and the run, succeed with a mark", () => {
  const core = harness();
  core.start({ e: EACH, after: { needs: ["e"] } });
  core.expand("e", 2, 0, 2, { node: { allow: true } });
  core.fail("e[0]");
  core.done("e[1]", "after");
  assert.deepEqual([core.at("e"), core.allowed("e"), core.outcome()], ["succeeded", true, "partial"]);
});

test("an each with leave of its own may fail", () => {
  const core = harness();
  core.start({ e: { kind: "each", node: { prepare: true, allow: true } }, after: { needs: ["e"] } });
  core.expand("e", 1);
  core.fail("e[0]");
  core.done("after");
  assert.deepEqual([core.at("e"), core.outcome()], ["failed", "partial"]);
});

test("failFast: the first failure cancels the others, and no more are made", () => {
  const core = harness(2);
  core.start({ e: { kind: "each", node: { prepare: true, failFast: true } } });
  core.expand("e", 10, 0, 4);
  core.fail("e[0]");
  assert.deepEqual(core.states("e[1]", "e[2]", "e[3]"), {
    "e[1]": "running",
    "e[2]": "cancelled",
    "e[3]": "cancelled",
  });
  assert.deepEqual(core.expand("e", 10, 4, 2), { ok: true, ignored: true });
  assert.equal(core.at("e"), "running", "one is being stopped");
  core.end(core.seq("e[1]"), "cancelled");
  assert.equal(core.at("e"), "failed");
  assert.match(core.reason("e")!, /^4 of 10 failed: e\[0\]/);
});

test("failFast lets a failure with leave pass", () => {
  const core = harness();
  core.start({ e: { kind: "each", node: { prepare: true, failFast: true } } });
  core.expand("e", 3, 0, 3, { node: { allow: [7] } });
  core.fail("e[0]", { exitCode: 7 });
  assert.deepEqual(core.running(), ["e[1]", "e[2]"]);
  core.fail("e[1]", { exitCode: 8 });
  core.done("e[2]");
  assert.equal(core.at("e"), "failed");
});

test("a cancelled each cancels what it holds and is cancelled when that has ended", () => {
  const core = harness(1);
  core.start({ e: EACH });
  core.expand("e", 5, 0, 3);
  core.cancel("e");
  assert.deepEqual(core.states("e", "e[0]", "e[1]"), { e: "running", "e[0]": "running", "e[1]": "cancelled" });
  core.end(core.seq("e[0]"), "cancelled");
  assert.deepEqual([core.at("e"), core.outcome()], ["cancelled", "cancelled"]);
});

test("a member that is cancelled alone is a failure of the each", () => {
  const core = harness(1);
  core.start({ e: EACH });
  core.expand("e", 2);
  core.cancel("e[1]");
  core.done("e[0]");
  assert.deepEqual([core.at("e"), core.outcome()], ["failed", "failed"]);
});

test("an each that is cancelled before it has begun, or between two stretches, ends at once", () => {
  const core = harness();
  core.start({ e: EACH, f: EACH });
  core.cancel("e");
  core.expand("f", 4, 0, 1);
  core.done("f[0]");
  core.cancel("f");
  assert.deepEqual(core.states("e", "f"), { e: "cancelled", f: "cancelled" });
});

test("a container has its time: what it holds is cancelled then, and it has failed", () => {
  const core = harness();
  const policy = { ...DEFAULT_POLICY, timeoutMs: 1000 };
  core.start({ e: { ...EACH, policy }, s: { ...WORKFLOW, policy } });
  core.now += 500;
  core.expand("e", 3, 0, 2);
  const inner = core.sub("s", { x: {} });
  core.now += 999;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), []);
  core.now += 1;
  core.turn({ type: "Tick" });
  core.end(core.seq("e[0]"), "cancelled");
  core.done("e[1]");
  core.end(core.seq("x"), "cancelled");
  assert.deepEqual(core.states("e", "s"), { e: "failed", s: "failed" });
  assert.deepEqual([core.reason("e"), core.outcome(inner)], ["ran out of time", "cancelled"]);
});

test("a container that ended in time is left alone when that time comes", () => {
  const core = harness();
  core.start({ e: { ...EACH, policy: { ...DEFAULT_POLICY, timeoutMs: 1000 } } });
  core.expand("e", 1);
  core.done("e[0]");
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.said(), []);
});

test("members that have their result from the cache count as they are made", () => {
  const core = harness();
  core.start({ e: EACH });
  const asks = { cache: { hash: "h", ttlMs: 0 } };
  core.expand("e", 2, 0, 2, { asks, cacheHit: 99 });
  assert.equal(core.outcome(), "succeeded");
});

test("what cannot be prepared has failed, and what is not to run is skipped", () => {
  const core = harness();
  const prepare: Node = { node: { prepare: true } };
  core.start({ a: prepare, b: prepare, c: { node: { prepare: true, allow: true } }, d: prepare, e: { needs: ["d"] } });
  assert.deepEqual(core.running(), []);
  core.prepare("a", { end: { state: "failed", reason: "env.X: there is no such name" } });
  core.prepare("b", { end: { state: "skipped", reason: "when is false" } });
  core.prepare("c", { end: { state: "failed", reason: "no" } });
  core.prepare("d", { work: "{}" });
  assert.deepEqual(core.states("a", "b", "c", "d"), { a: "failed", b: "skipped", c: "failed", d: "running" });
  assert.equal(core.allowed("c"), true);
  assert.deepEqual(core.prepare("d"), { ok: true, ignored: true });
  core.done("d", "e");
  assert.equal(core.outcome(), "failed");
});

test("a task is prepared once, however often it is tried", () => {
  const core = harness();
  const policy = { ...DEFAULT_POLICY, retryLimit: 1, delayMs: 0, jitter: 0 };
  core.start({ a: { node: { prepare: true }, policy } });
  core.prepare("a");
  core.fail("a");
  assert.deepEqual(core.running(), ["a"]);
});

test("its cache key is looked up when it is known what it does", () => {
  const core = harness();
  const asks = { cache: { hash: "template", ttlMs: 0 } };
  core.start({ a: { node: { prepare: true }, asks, cacheHit: 99 } });
  assert.equal(core.at("a"), "queued", "not what the template would have given");
  core.prepare("a", { work: "{}", cacheHash: "real" });
  assert.equal(core.state.tasks.get(1)?.asks?.cache?.hash, "real");
  core.turn({ type: "KeyCache", task: 1, key: "real" });
  assert.deepEqual(core.running(), ["a"]);
});

test("a workflow task ends as its run does", () => {
  for (const [end, state, allowed] of [
    ["succeeded", "succeeded", false],
    ["partial", "succeeded", true],
    ["failed", "failed", false],
    ["cancelled", "failed", false],
  ] as const) {
    const core = harness();
    core.start({ s: WORKFLOW, after: { needs: ["s"] } });
    const inner = core.sub("s", { x: end === "partial" ? { node: { allow: true } } : {} });
    assert.deepEqual([core.at("s"), core.running()], ["running", ["x"]]);
    assert.deepEqual([core.state.runs.get(inner)?.depth, core.state.runs.get(inner)?.parent], [1, 1]);
    if (end === "succeeded") core.done("x");
    else if (end === "cancelled") {
      core.cancelRun(inner);
      core.end(core.seq("x"), "cancelled");
    } else core.fail("x");
    assert.deepEqual([core.outcome(inner), core.at("s"), core.allowed("s")], [end, state, allowed]);
    assert.equal(core.at("after"), state === "failed" ? "upstream_failed" : "running");
    if (state === "failed") assert.match(core.reason("s")!, /^its run r2 (failed|was cancelled)$/);
  }
});

test("the outputs of its run are the result of a workflow task", () => {
  const core = harness();
  const outer = core.start({ s: WORKFLOW });
  const inner = core.sub("s", { x: {} }, { outputs: true });
  core.done("x");
  assert.deepEqual([core.phase(inner), core.at("s")], ["outputs", "running"]);
  core.turn({ type: "CloseRun", run: inner, result: '{"n":1}' });
  assert.equal(core.ledger.tasks.get(1)?.result, '{"n":1}');
  assert.deepEqual([core.outcome(inner), core.outcome(outer)], ["succeeded", "succeeded"]);
  assert.deepEqual(core.turn({ type: "CloseRun", run: inner }), [{ ok: true, ignored: true }]);
});

test("a run whose outputs cannot be made has failed", () => {
  const core = harness();
  core.start({ a: {} }, { outputs: true });
  core.done("a");
  core.turn({ type: "CloseRun", run: core.run, failed: "outputs.n: there is no task b" });
  assert.equal(core.outcome(), "failed");
  core.start({ a: {} }, { outputs: true });
  core.fail("a");
  assert.equal(core.outcome(), "failed", "outputs of a run that has failed are not asked for");
});

test("runs inside runs go only so deep", () => {
  const core = harness();
  core.start({ s0: WORKFLOW });
  for (let depth = 1; depth <= RUN_DEPTH_MAX; depth++) core.sub(`s${depth - 1}`, { [`s${depth}`]: WORKFLOW });
  const task = core.seq(`s${RUN_DEPTH_MAX}`);
  const [reply] = core.turn({ type: "StartSubRun", task, run: { workflow: "w", tasks: [newTask({})] } });
  assert.deepEqual(reply, { ok: false, rejection: { type: "RunTooDeep", depth: RUN_DEPTH_MAX + 1 } });
  core.prepare(`s${RUN_DEPTH_MAX}`, { end: { state: "failed", reason: "too deep" } });
  assert.equal(core.outcome(), "failed", "all the way out");
});

test("cancelling a run reaches everything inside it, and their handlers still run", () => {
  const core = harness();
  const outer = core.start({
    e: EACH,
    s: WORKFLOW,
    stop: { node: { role: "cancel" } },
    bye: { node: { role: "exit" } },
  });
  core.expand("e", 2, 0, 2, { kind: "workflow", node: { prepare: true } });
  const first = core.sub("e[0]", { x: {}, tidy: { node: { role: "cancel" } } });
  const inner = core.sub("s", { y: {}, z: { needs: ["y"] } });
  core.cancelRun(outer);
  assert.deepEqual(core.running(), ["x", "y"]);
  assert.deepEqual(core.states("e[1]", "z"), { "e[1]": "cancelled", z: "cancelled" });
  core.end(core.seq("x"), "cancelled");
  core.end(core.seq("y"), "cancelled");
  assert.deepEqual([core.outcome(inner), core.at("s"), core.running()], ["cancelled", "cancelled", ["tidy"]]);
  core.done("tidy");
  assert.deepEqual([core.outcome(first), core.at("e[0]"), core.at("e")], ["cancelled", "cancelled", "cancelled"]);
  assert.deepEqual(core.running(), ["stop"]);
  core.done("stop", "bye");
  assert.equal(core.outcome(outer), "cancelled");
});

test("a run that ends its own container as it is begun leaves nothing at work, its handlers neither", () => {
  const core = harness();
  const unique = { key: "k", scope: "active", periodMs: undefined, policy: "replace" } as const;
  core.start({ e: { kind: "each", node: { prepare: true, failFast: true } } });
  core.expand("e", 2, 0, 2, { kind: "workflow", node: { prepare: true } });
  const first = core.sub("e[0]", { x: { asks: { unique }, worker: "away" } });
  const second = core.sub("e[1]", { y: { asks: { unique } }, tidy: { node: { role: "cancel" } } });
  assert.deepEqual(core.running(), []);
  assert.deepEqual(
    [core.outcome(first), core.outcome(second), core.at("e[1]")],
    ["cancelled", "cancelled", "cancelled"],
  );
});

test("a run whose time is over cancels what is inside, and has failed", () => {
  const core = harness();
  const outer = core.start({ s: WORKFLOW, bad: { node: { role: "failure" } } }, { timeoutMs: 1000 });
  const inner = core.sub("s", { x: {} });
  core.now += 1000;
  core.turn({ type: "Tick" });
  core.end(core.seq("x"), "cancelled");
  assert.deepEqual([core.outcome(inner), core.at("s"), core.running()], ["cancelled", "cancelled", ["bad"]]);
  core.now += 5000;
  core.turn({ type: "Tick" });
  assert.deepEqual(core.running(), ["bad"], "handlers run without that deadline");
  core.done("bad");
  assert.equal(core.outcome(outer), "failed");
});

test("a run inside that is taken back half-submitted leaves its task waiting for the next one", () => {
  const core = harness();
  core.start({ s: WORKFLOW });
  const inner = core.sub("s", { x: {} }, { open: true });
  assert.equal(core.at("s"), "queued");
  core.turn({ type: "DropRun", run: inner });
  const next = core.sub("s", { x: {} }, { open: true });
  core.turn({ type: "AddToRun", run: next, tasks: [newTask({ name: "y" })], last: true });
  assert.deepEqual([core.at("s"), core.running()], ["running", ["x", "y"]]);
  core.done("x", "y");
  assert.equal(core.outcome(), "succeeded");
});

test("a task that is cancelled while its run is being submitted: that run comes to nothing", () => {
  const core = harness();
  const outer = core.start({ s: WORKFLOW });
  const inner = core.sub("s", { x: {}, tidy: { node: { role: "cancel" } } }, { open: true });
  core.cancel("s");
  assert.equal(core.outcome(outer), "cancelled");
  core.turn({ type: "AddToRun", run: inner, tasks: [newTask({ name: "y" })], last: true });
  assert.deepEqual(core.states("x", "y", "tidy"), { x: "cancelled", y: "cancelled", tidy: "cancelled" });
  assert.equal(core.outcome(inner), "cancelled");
});

test("members in plenty: ends of 20,000 are counted one by one without looking at the others", () => {
  const core = harness(1);
  core.start({ e: { kind: "each", node: { prepare: true, failFast: true } } });
  core.turn = Object.getPrototypeOf(GraphHarness.prototype).turn;
  const tasks = Array.from({ length: 20_000 }, () => newTask({}));
  core.turn({ type: "ExpandTask", task: 1, total: tasks.length, from: 0, tasks });
  const [running] = [...core.state.workers.get("w")!.attempts];
  const started = processorMs();
  core.end(running!.seq, "failed");
  assert.equal(core.state.counts.cancelled, tasks.length - 1);
  assert.ok(processorMs() - started < 5000);
});
