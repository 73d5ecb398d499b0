/**
 * Random graphs under random commands: after every turn the invariants hold, a replay and a load give the same state, each
 * change is one that the lifecycle allows, whoever waits has a reason. In the end everything is finished, and every run
 * and container has ended as the ends of their tasks say.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GraphHarness } from "../../../test/sim/graph-harness.ts";
import { newTask } from "../../../test/sim/core-harness.ts";
import { isEnded, ROLES, type TaskState, TRIGGERS } from "../../base/words.ts";
import type { NewTask, Reopening } from "../command.ts";
import { explain } from "../explain.ts";
import { FIRST_STATES, TRANSITIONS } from "../lifecycle.ts";
import { DEFAULT_POLICY } from "../policy.ts";

const node = fc.record(
  {
    trigger: fc.option(fc.constantFrom(...TRIGGERS), { nil: undefined, freq: 2 }),
    kind: fc.constantFrom("shell", "shell", "shell", "each", "workflow", "approval"),
    role: fc.constantFrom(...ROLES, ...Array.from({ length: 7 }, () => undefined)),
    prepare: fc.boolean(),
    approval: fc.constantFrom(undefined, undefined, undefined, undefined, 0, 50),
    allow: fc.constantFrom<(true | number[] | undefined)[]>(undefined, undefined, undefined, true, [3]),
    allowSkip: fc.boolean(),
    failFast: fc.boolean(),
    timeoutMs: fc.constantFrom(0, 0, 200),
    retryLimit: fc.constantFrom(0, 0, 1),
    delayMs: fc.constantFrom(0, 0, 30),
    needs: fc.array(fc.nat(20), { maxLength: 3 }),
    of: fc.nat(20),
  },
  { noNullPrototype: true },
);
type NodeShape = typeof node extends fc.Arbitrary<infer T> ? T : never;

const pick = fc.nat();
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("end"), pick, how: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("evaluate"), pick, how: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("answer"), pick, how: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel"), pick, how: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("mark"), pick, how: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("retry"), pick, how: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pause"), pick, how: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait"), pick, how: fc.constantFrom(1, 30, 250) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function tasksOf(shapes: readonly NodeShape[], prefix: string, depth: number): NewTask[] {
  return shapes.map((shape, index) => {
    const { trigger, role, prepare, allow, allowSkip, failFast, timeoutMs, retryLimit, delayMs } = shape;
    // A compensation undoes an earlier task without a role; where there is none, it is an ordinary one.
    const targets = shapes.flatMap((other, at) => (at < index && other.role === undefined ? [at] : []));
    const undoes = role === "compensate" ? targets[shape.of % Math.max(targets.length, 1)] : undefined;
    const mine = role === "compensate" && undoes === undefined ? undefined : role;
    const kind = depth > 2 && (shape.kind === "workflow" || shape.kind === "each") ? "shell" : shape.kind;
    const task = newTask({
      name: `${prefix}${index}`,
      kind,
      policy: { ...DEFAULT_POLICY, timeoutMs, retryLimit, delayMs, jitter: 0, backoff: "fixed" },
      node: {
        ...(trigger !== undefined && { trigger }),
        ...((prepare || kind === "each" || kind === "workflow") && { prepare: true as const }),
        ...(shape.approval !== undefined && { approval: shape.approval === 0 ? {} : { timeoutMs: shape.approval } }),
        ...(allow !== undefined && { allow }),
        ...(allowSkip && { allowSkip: true as const }),
        ...(failFast && { failFast: true as const }),
        ...(mine !== undefined && { role: mine }),
      },
    });
    const needs = shape.needs.filter(
      (need) => need < index && (shapes[need]!.role === undefined) === (mine === undefined),
    );
    if (needs.length > 0 && mine !== "compensate") task.needsEarlier = needs;
    if (undoes !== undefined) task.ofEarlier = undoes;
    return task;
  });
}

class Random {
  readonly core = new GraphHarness();
  readonly #shapes: readonly NodeShape[];
  readonly #states = new Map<number, TaskState>();
  #prefix = 0;

  constructor(shapes: readonly NodeShape[], outputs: boolean, timeoutMs: number | undefined) {
    this.#shapes = shapes;
    const { core } = this;
    core.onTurn = (state, { events }) => {
      for (const event of events) this.#follow(event);
      for (const task of state.tasks.values()) {
        assert.equal(this.#states.get(task.seq), task.state);
        if (isEnded(task.state) || task.live !== undefined) continue;
        assert.ok(explain(state, task, core.now).length > 0, `t${task.seq} is ${task.state}, and nothing says why`);
      }
    };
    core.connect("w", 3);
    const tasks = tasksOf(shapes, "t", 0);
    core.turn({ type: "SubmitRun", workflow: "w", tasks, outputs: outputs ? true : undefined, timeoutMs });
    core.run = 1;
  }

  #follow(event: { type: string } & object): void {
    const task = "task" in event ? (event.task as number) : 0;
    const to = (next: TaskState): void => {
      const from = this.#states.get(task);
      assert.ok((from === undefined ? FIRST_STATES : TRANSITIONS[from]).includes(next), `t${task}: ${from} to ${next}`);
      this.#states.set(task, next);
    };
    const next = {
      ...{ TaskReady: "queued", TaskScheduled: "scheduled", AttemptStarted: "running", TaskOpened: "running" },
      ...("next" in event && { AttemptEnded: event.next }),
      ...("state" in event && { TaskSubmitted: event.state, TaskEnded: event.state, TaskReopened: event.state }),
    }[event.type as "TaskReady"];
    if (next !== undefined) to(next as TaskState);
  }

  #pick<T>(all: readonly T[], n: number): T | undefined {
    return all[n % Math.max(all.length, 1)];
  }

  do({ do: what, pick: n, how }: Step): void {
    const { core } = this;
    const { state } = core;
    const live = [...state.tasks.values()];
    switch (what) {
      case "end": {
        const task = this.#pick(
          live.filter((each) => each.live !== undefined),
          n,
        );
        if (task === undefined) return;
        if (how < 5) core.end(task.seq);
        else if (how === 5) core.end(task.seq, { outcome: "succeeded", exitCode: 99 });
        else if (how === 6) core.end(task.seq, { outcome: "succeeded", againMs: 20 });
        else if (how === 7) core.end(task.seq, "interrupted");
        else core.end(task.seq, { outcome: "failed", exitCode: how === 8 ? 3 : 1 });
        return;
      }
      case "evaluate":
        return this.#evaluate(n, how);
      case "answer": {
        const task = this.#pick(
          live.filter((each) => state.flow.held.get(each) === "approval"),
          n,
        );
        if (task !== undefined) core.turn({ type: "ApproveTask", task: task.seq, approve: how > 0, by: "Ada" });
        return;
      }
      case "cancel": {
        const run = this.#pick([...state.runs.keys()], n);
        if (how === 0 && run !== undefined) core.cancelRun(run);
        const task = this.#pick(live, n);
        if (how > 0 && task !== undefined) core.turn({ type: "CancelTask", task: task.seq, reason: "no" });
        return;
      }
      case "mark":
        return this.#mark(n, (["succeeded", "failed", "skipped"] as const)[how]!);
      case "retry":
        return this.#retry(n, how);
      case "pause": {
        const run = this.#pick([...state.runs.keys()], n);
        if (run !== undefined) core.turn({ type: "PauseRun", run, paused: how === 1 });
        return;
      }
      case "wait":
        core.now += how;
        core.turn({ type: "Tick" });
    }
  }

  /** What the engine does: prepares, spreads, starts runs inside, makes outputs. */
  #evaluate(n: number, how: number): void {
    const { core } = this;
    const { state } = core;
    const closing = [...state.runs.values()].find((run) => run.closing);
    if (closing !== undefined) {
      core.turn({ type: "CloseRun", run: closing.seq, ...(how === 0 ? { failed: "no" } : { result: "{}" }) });
      return;
    }
    const spreading = [...state.tasks.values()].filter(
      ({ node: of }) => of?.box !== undefined && of.box.made < of.box.total,
    );
    const held = [...state.flow.held].flatMap(([task, why]) => (why === "prepare" ? [task] : []));
    const task = this.#pick([...held, ...spreading], n);
    if (task === undefined) return;
    const { kind } = task.lane.requires;
    const ready = task.node!.prepared || task.node!.rule.approval === undefined;
    if (how === 0) {
      core.turn({ type: "PrepareTask", task: task.seq, end: { state: "failed", reason: "no" } });
    } else if (how === 1 && task.node!.box === undefined) {
      core.turn({ type: "PrepareTask", task: task.seq, end: { state: "skipped", reason: "when is false" } });
    } else if (kind === "each" && ready) this.#spread(task.seq, how);
    else if (kind === "workflow" && ready) {
      const depth = (task.run?.depth ?? 0) + 1;
      const tasks = tasksOf(this.#shapes.slice(0, 5), `i${++this.#prefix}.`, depth + (task.node!.inside === 0 ? 0 : 1));
      const outputs = how === 2 ? (true as const) : undefined;
      core.turn({ type: "StartSubRun", task: task.seq, run: { workflow: "i", tasks, outputs } });
    } else core.turn({ type: "PrepareTask", task: task.seq, work: "{}" });
  }

  #spread(seq: number, how: number): void {
    const { core } = this;
    const task = core.state.tasks.get(seq)!;
    const box = task.node!.box;
    const total = box?.total ?? how % 5;
    const from = box?.made ?? 0;
    const count = Math.min(total - from, 2);
    const shape = this.#shapes[how % this.#shapes.length]!;
    const [member] = tasksOf(
      [{ ...shape, role: undefined, needs: [], kind: how === 9 ? "workflow" : "shell" }],
      "m",
      task.run?.depth ?? 0,
    );
    const old = [...core.ledger.tasks].flatMap(([at, { definition }]) => (definition.inside === seq ? [at] : []));
    const prior = new Map(old.slice(from, from + count).map((at, index) => [index, core.ledger.ended(at)] as const));
    const surplus = from + count < total ? [] : old.slice(total).map((at) => core.ledger.ended(at));
    const tasks = Array.from({ length: count }, (_, index) => ({ ...member!, name: `m${seq}[${from + index}]` }));
    core.turn({ type: "ExpandTask", task: seq, total, from, tasks, prior, surplus });
  }

  #mark(n: number, state: "succeeded" | "failed" | "skipped"): void {
    const { core } = this;
    const live = this.#pick([...core.state.tasks.values()], n);
    if (live !== undefined) core.turn({ type: "MarkTask", task: live.seq, state, by: "Ada" });
  }

  #retry(n: number, how: number): void {
    if (how === 0) this.#retryOne(n);
    else if (this.core.outcome(1) !== undefined) this.#retryRun(how === 1);
  }

  /** One ended task of a live run, with nothing that follows from it but who is still blocked. */
  #retryOne(n: number): void {
    const { core } = this;
    const { tasks: rows } = core.ledger;
    const all = [...rows].filter(([, { definition, state }]) => {
      const { run, inside, node: rule } = definition;
      return isEnded(state) && core.outcome(run) === undefined && inside === undefined && rule?.role === undefined;
    });
    const [seq, row] = this.#pick(all, n) ?? [];
    if (seq === undefined) return;
    const children = [...core.state.tasks.values()].flatMap((task) => {
      const needs = rows.get(task.seq)!.definition.needs ?? [];
      return task.state === "blocked" && needs.includes(seq) ? [task.seq] : [];
    });
    const tasks = [{ task: core.ledger.ended(seq), children }];
    core.turn({ type: "RetryRun", run: row!.definition.run!, runs: [], tasks, children: [] });
  }

  /** The main run has ended: what failed in it, or everything, from the outermost to the innermost. */
  #retryRun(all: boolean): void {
    const { core } = this;
    const { ledger } = core;
    const runs = new Set([1]);
    const tasks: Reopening[] = [];
    const kept = new Set<number>();
    for (const [seq, { definition }] of ledger.tasks) {
      const { run = 0, inside, kind, node: rule } = definition;
      if (!runs.has(run) || (inside !== undefined && !kept.has(inside)) || !this.#isAgain(seq, all)) continue;
      const task = ledger.ended(seq);
      const isBox = (kind === "each" || kind === "workflow") && task.total !== undefined && rule?.role === undefined;
      const holds = !all && isBox && !this.#isUndone(seq) ? (true as const) : undefined;
      if (holds === true) kept.add(seq);
      tasks.push({ task, holds });
      if (holds === undefined || kind !== "workflow") continue;
      const inner = [...ledger.runs.values()].findLast(({ parent }) => parent === seq);
      if (inner === undefined) return;
      runs.add(inner.run);
    }
    const ended = [...runs].map((run) => ledger.endedRun(run));
    core.turn({ type: "RetryRun", run: 1, runs: ended, tasks, children: [] });
  }

  #isUndone(seq: number): boolean {
    const rows = [...this.core.ledger.tasks.values()];
    return rows.some(({ definition, state }) => definition.of === seq && state === "succeeded");
  }

  #isAgain(seq: number, all: boolean): boolean {
    const { tasks } = this.core.ledger;
    const { definition, state } = tasks.get(seq)!;
    const { of, node: rule } = definition;
    if (of !== undefined && state === "succeeded" && tasks.get(of)!.state !== "succeeded") return false;
    if (all || rule?.role !== undefined || this.#isUndone(seq)) return true;
    return state !== "succeeded" && state !== "skipped";
  }

  /** Lets everything come to its end. */
  finish(): void {
    const { core } = this;
    for (let left = 3000; core.state.runs.size > 0; left--) {
      assert.ok(left > 0, "everything ends");
      for (const run of core.state.runs.values())
        if (run.paused) core.turn({ type: "PauseRun", run: run.seq, paused: false });
      this.do({ do: "end", pick: left, how: left % 5 });
      this.do({ do: "evaluate", pick: left, how: 3 + (left % 4) });
      this.do({ do: "answer", pick: left, how: 1 });
      if (left % 5 === 0) this.do({ do: "wait", pick: 0, how: 30 });
    }
    assert.equal([...this.#states.values()].filter((state) => !isEnded(state)).length, 0);
  }

  /** Runs and containers have ended as the ends of what is in them say. */
  judge(): void {
    const { ledger } = this.core;
    for (const [seq, { definition, state, allowed, reason }] of ledger.tasks) {
      if (definition.kind !== "each" || reason?.startsWith("marked") === true || state === "skipped") continue;
      const members = [...ledger.tasks.values()].filter(({ definition: { inside } }) => inside === seq);
      const bad = members.some((each) => isEnded(each.state) && FAILED.has(each.state) && each.allowed !== true);
      if (state === "succeeded") assert.ok(!bad, `t${seq} has succeeded with all its members`);
      if (state === "succeeded")
        assert.equal(
          allowed === true,
          members.some((each) => each.allowed === true),
          `t${seq}`,
        );
    }
    for (const { run, cancelled, timedOut, ended } of ledger.runs.values()) {
      const main = [...ledger.tasks.values()].filter(
        ({ definition }) =>
          definition.run === run && definition.inside === undefined && definition.node?.role === undefined,
      );
      const bad = main.some(
        (each) => each.allowed !== true && ["failed", "upstream_failed", "expired"].includes(each.state),
      );
      if (ended === "succeeded" || ended === "partial") assert.ok(!bad && timedOut !== true, `r${run} ${ended}`);
      if (ended === "succeeded") assert.ok(!main.some((each) => each.allowed === true), `r${run} has no marks`);
      if (bad && !cancelled) assert.equal(ended, "failed", `r${run}`);
    }
  }
}

const FAILED: ReadonlySet<TaskState> = new Set(["failed", "upstream_failed", "expired", "cancelled"]);

test("whatever becomes of a workflow, its state stays right, and it ends as its tasks say", () => {
  fc.assert(
    fc.property(
      fc.array(node, { minLength: 1, maxLength: 8, size: "max" }),
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.boolean(),
      fc.constantFrom(undefined, undefined, 400),
      (shapes, steps, outputs, timeoutMs) => {
        const random = new Random(shapes, outputs, timeoutMs);
        for (const each of steps) random.do(each);
        random.finish();
        random.judge();
      },
    ),
    {
      numRuns: Number(process.env["GRAPH_RUNS"] ?? 100),
      ...(process.env["GRAPH_SEED"] !== undefined && { seed: Number(process.env["GRAPH_SEED"]) }),
    },
  );
});
