/**
 * The failure semantics of workflows as tables: what a task becomes for every trigger and every mix of ends of two needs,
 * how a run ends, which handlers run. `docs/guide/workflows.md` states the same.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphHarness, type Node } from "../../../test/sim/graph-harness.ts";
import type { RunState, TaskState, Trigger } from "../../base/words.ts";
import type { NodeRule } from "./rule.ts";

/**
 * How a need ends: ok, failed, failed with leave, cancelled, skipped, skipped with leave; `upstream_failed` and `expired`
 * count as failed does.
 */
type End = "ok" | "fail" | "leave" | "cancel" | "skip" | "excused" | "upstream" | "expire";
const ENDS: readonly End[] = ["ok", "fail", "leave", "cancel", "skip", "excused", "upstream", "expire"];
const isFailed = (end: End): boolean => end === "fail" || end === "cancel" || end === "upstream" || end === "expire";

/** What the child becomes when `first` has ended and when `second` has. `ready` = it runs. */
type Becomes = "ready" | "waits" | TaskState;

/** The table of triggers, by words as in the documentation. */
function expected(trigger: Trigger, ended: readonly End[], all: boolean): Becomes {
  const failed = ended.some(isFailed);
  const succeeded = ended.includes("ok");
  const anyFailed = failed || ended.includes("leave");
  switch (trigger) {
    case "all_succeeded": {
      const first = ended.find((end) => isFailed(end) || end === "skip");
      if (first !== undefined) return first === "skip" ? "skipped" : "upstream_failed";
      return all ? "ready" : "waits";
    }
    case "all_done":
      return all ? "ready" : "waits";
    case "any_succeeded":
      if (succeeded) return "ready";
      if (!all) return "waits";
      return anyFailed ? "upstream_failed" : "skipped";
    case "any_failed":
      if (anyFailed) return "ready";
      return all ? "skipped" : "waits";
    case "none_failed":
      if (failed) return "upstream_failed";
      return all ? "ready" : "waits";
  }
}

function need(name: string, end: End): Record<string, Node> {
  const rule: NodeRule | undefined =
    end === "leave" ? { allow: true } : end === "excused" ? { allowSkip: true } : undefined;
  const node: Node = rule === undefined ? {} : { node: rule };
  if (end === "expire") return { [name]: { ...node, arm: "closed", expiresAt: 1_000_500 } };
  if (end === "upstream") return { [`${name}0`]: {}, [name]: { needs: [`${name}0`] } };
  return { [name]: node };
}

function bring(core: GraphHarness, name: string, end: End): void {
  switch (end) {
    case "ok":
      return core.done(name);
    case "fail":
    case "leave":
      return core.fail(name);
    case "cancel":
      core.cancel(name);
      core.end(core.seq(name), "cancelled");
      return;
    case "skip":
    case "excused":
      core.end(core.seq(name), { outcome: "succeeded", exitCode: 99 });
      return;
    case "upstream":
      return core.fail(`${name}0`);
    case "expire":
      core.now = Math.max(core.now, 1_000_500);
      core.turn({ type: "Tick" });
  }
}

const TRIGGERS: readonly Trigger[] = ["all_succeeded", "all_done", "any_succeeded", "any_failed", "none_failed"];

for (const trigger of TRIGGERS) {
  test(`${trigger}: what a task becomes by the ends of what it needs`, () => {
    for (const first of ENDS) {
      for (const second of ENDS) {
        if (first === "expire" && second === "expire") continue;
        const core = new GraphHarness();
        core.turn({ type: "ConfigureArm", arm: "closed", enabled: false });
        core.connect("w", 10);
        const rule: Node = trigger === "all_succeeded" ? {} : { node: { trigger } };
        core.start({ ...need("a", first), ...need("b", second), c: { needs: ["a", "b"], ...rule } });
        const look = (): Becomes => {
          const state = core.at("c");
          return state === "blocked" ? "waits" : state === "running" ? "ready" : state;
        };
        bring(core, "a", first);
        const words = `${trigger}: ${first}, then ${second}`;
        const half = expected(trigger, [first], false);
        assert.equal(look(), half, words);
        bring(core, "b", second);
        // What it became stays: only what still waited is decided by the second end.
        const whole = half === "waits" ? expected(trigger, [first, second], true) : half;
        assert.equal(look(), whole, words);
      }
    }
  });
}

test("a trigger looks at needs that had ended when the task was submitted", () => {
  for (const [trigger, end, becomes] of [
    ["all_done", "failed", "running"],
    ["any_failed", "failed", "running"],
    ["any_failed", "succeeded", "skipped"],
    ["any_succeeded", "succeeded", "running"],
    ["any_succeeded", "failed", "upstream_failed"],
    ["any_succeeded", "skipped", "skipped"],
    ["none_failed", "skipped", "running"],
    ["none_failed", "failed", "upstream_failed"],
  ] as const) {
    const core = new GraphHarness();
    core.connect("w", 10);
    core.start({ a: {} });
    core.end(1, end === "skipped" ? { outcome: "succeeded", exitCode: 99 } : end);
    core.submit({ name: "c", needs: [{ task: 1, ended: end }], node: { trigger } });
    assert.equal(core.at("c"), becomes, `${trigger} ${end}`);
  }
});

test("one need has ended and one is live: the tally of a submission goes on with it", () => {
  const core = new GraphHarness();
  core.connect("w", 10);
  core.submit({ name: "a" }, { name: "b" });
  core.fail("a");
  core.submit({ name: "c", needs: [{ task: 1, ended: "failed" }, { task: 2 }], node: { trigger: "any_succeeded" } });
  core.submit({ name: "d", needs: [{ task: 1, ended: "failed" }, { task: 2 }], node: { trigger: "all_done" } });
  assert.deepEqual(core.states("c", "d"), { c: "blocked", d: "blocked" });
  core.fail("b");
  assert.deepEqual(core.states("c", "d"), { c: "upstream_failed", d: "running" });
});

test("continueOn: only the exit codes that are named are allowed, after the tries are used up", () => {
  const policy = { timeoutMs: 0, retryLimit: 1, backoff: "fixed", delayMs: 0, maxDelayMs: 0, jitter: 0 } as const;
  const retries = { ...policy, onLost: "requeue", startDelayMs: 0 } as const;
  for (const [code, outcome, child] of [
    [3, "partial", "succeeded"],
    [4, "failed", "upstream_failed"],
  ] as const) {
    const core = new GraphHarness();
    core.connect("w", 10);
    core.start({ a: { node: { allow: [3] }, policy: retries }, b: { needs: ["a"] } });
    core.fail("a", { exitCode: code });
    assert.equal(core.at("a"), "running", "it is tried again first");
    core.fail("a", { exitCode: code });
    if (code === 3) core.done("b");
    assert.deepEqual([core.outcome(), core.at("b")], [outcome, child]);
  }
});

test("how the main part of a run ends", () => {
  const cases: [End[], RunState][] = [
    [["ok", "ok"], "succeeded"],
    [["ok", "skip"], "succeeded"],
    [["ok", "fail"], "failed"],
    [["ok", "cancel"], "cancelled"],
    [["fail", "cancel"], "failed"],
    [["leave", "cancel"], "cancelled"],
    [["ok", "leave"], "partial"],
    [["leave", "fail"], "failed"],
    [["expire", "ok"], "failed"],
    [["upstream", "ok"], "failed"],
  ];
  for (const [ends, outcome] of cases) {
    const core = new GraphHarness();
    core.turn({ type: "ConfigureArm", arm: "closed", enabled: false });
    core.connect("w", 10);
    core.start({ ...need("a", ends[0]!), ...need("b", ends[1]!) });
    bring(core, "a", ends[0]!);
    bring(core, "b", ends[1]!);
    assert.equal(core.outcome(), outcome, ends.join());
    assert.equal(core.state.runs.size, 0);
  }
});

const HANDLERS: Record<string, Node> = {
  win: { node: { role: "success" } },
  lose: { node: { role: "failure" } },
  stop: { node: { role: "cancel" } },
  bye: { node: { role: "exit" } },
};

test("handlers of the outcome run, then those of every outcome; the others are skipped", () => {
  const cases: [End, RunState, string][] = [
    ["ok", "succeeded", "win"],
    ["leave", "partial", "win"],
    ["fail", "failed", "lose"],
    ["cancel", "cancelled", "stop"],
  ];
  for (const [end, outcome, handler] of cases) {
    const core = new GraphHarness();
    core.connect("w", 10);
    core.start({ ...need("a", end), ...HANDLERS });
    assert.deepEqual(core.running(), ["a"]);
    bring(core, "a", end);
    assert.deepEqual([core.running(), core.phase()], [[handler], "handlers"]);
    for (const other of ["win", "lose", "stop"]) if (other !== handler) assert.equal(core.at(other), "skipped");
    core.done(handler);
    assert.deepEqual([core.running(), core.phase()], [["bye"], "exit"]);
    assert.equal(core.outcome(), undefined);
    core.done("bye");
    assert.equal(core.outcome(), outcome);
  }
});

test("a handler that fails takes the success away; with leave it leaves a mark; a run that has failed stays so", () => {
  const cases: [End, string, NodeRule, RunState][] = [
    ["ok", "win", {}, "failed"],
    ["ok", "win", { allow: true }, "partial"],
    ["leave", "win", {}, "failed"],
    ["leave", "win", { allow: true }, "partial"],
    ["fail", "lose", {}, "failed"],
    ["fail", "lose", { allow: true }, "failed"],
    ["cancel", "stop", {}, "cancelled"],
    ["ok", "bye", {}, "failed"],
  ];
  for (const [end, broken, rule, outcome] of cases) {
    const core = new GraphHarness();
    core.connect("w", 10);
    const role = HANDLERS[broken]!.node!.role!;
    core.start({ ...need("a", end), ...HANDLERS, [broken]: { node: { role, ...rule } } });
    bring(core, "a", end);
    if (broken === "bye") core.done("win");
    core.fail(broken);
    if (broken !== "bye") core.done("bye");
    assert.equal(core.outcome(), outcome, `${end}, ${broken} fails`);
  }
});

test("a run that came through in time has its success, however long its handlers take", () => {
  const core = new GraphHarness();
  core.connect("w", 10);
  core.start({ a: {}, win: { node: { role: "success" } } }, { timeoutMs: 1000 });
  core.done("a");
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.deepEqual([core.said(), core.running()], [[], ["win"]]);
  core.done("win");
  assert.equal(core.outcome(), "succeeded");
});

test("handlers run side by side, and may need each other", () => {
  const core = new GraphHarness();
  core.connect("w", 10);
  const role = "failure" as const;
  core.start({ a: {}, x: { node: { role } }, y: { node: { role } }, z: { needs: ["x"], node: { role } } });
  core.fail("a");
  assert.deepEqual(core.running(), ["x", "y"]);
  core.done("x");
  assert.deepEqual(core.running(), ["y", "z"]);
  core.done("y", "z");
  assert.equal(core.outcome(), "failed");
});

test("a handler that needs one that runs only after it is skipped, and holds nobody up", () => {
  const core = new GraphHarness();
  core.connect("w", 10);
  core.start({ a: {}, bye: { node: { role: "exit" } }, win: { needs: ["bye"], node: { role: "success" } } });
  core.done("a");
  assert.deepEqual([core.at("win"), core.running()], ["skipped", ["bye"]]);
  core.done("bye");
  assert.equal(core.outcome(), "succeeded");
});

test("a run without handlers, or with handlers only, ends at once", () => {
  const core = new GraphHarness();
  core.connect("w", 10);
  core.start({});
  assert.equal(core.outcome(), "succeeded");
  core.start({ win: { node: { role: "success" } }, lose: { node: { role: "failure" } } });
  assert.deepEqual([core.running(), core.at("lose")], [["win"], "skipped"]);
  core.done("win");
  assert.equal(core.outcome(), "succeeded");
});
