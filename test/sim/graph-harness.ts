/**
 * Core with a run in it, for tests: tasks go by their names, and a ledger in the place of the store remembers how they
 * ended. After each turn the state is also loaded from the ledger, and must come out the same.
 */
import assert from "node:assert/strict";
import { Harness, newTask } from "./core-harness.ts";
import { Ledger } from "./ledger.ts";
import { difference, snapshot } from "./snapshot.ts";
import type { RunState, TaskState } from "../../src/base/words.ts";
import type { Command, NewRun, NewTask, Reopening, Report } from "../../src/core/command.ts";
import { checkInvariants } from "../../src/core/invariants.ts";
import { loadState } from "../../src/core/load.ts";
import type { Reply } from "../../src/core/reply.ts";

/** A task of a run: its needs, and what it undoes, by name. */
export interface Node extends Omit<Partial<NewTask>, "needs"> {
  needs?: string[];
  undoes?: string;
}

export class GraphHarness extends Harness {
  readonly ledger = new Ledger();
  /** The newest run that was started by `start`. */
  run = 0;

  override turn(...commands: Command[]): Reply[] {
    const replies = super.turn(...commands);
    this.ledger.take(this.events, this.now);
    const loaded = loadState(this.ledger.stored(this.state), this.now, this.leaseMs);
    checkInvariants(loaded);
    const options = { exact: false, now: this.now };
    const found = difference(["the live state", "a load"], snapshot(this.state, options), snapshot(loaded, options));
    assert.equal(found, undefined);
    return replies;
  }

  start(nodes: Record<string, Node>, more: Partial<NewRun> = {}): number {
    const [reply] = this.turn({ type: "SubmitRun", workflow: "w", ...more, tasks: tasksOf(nodes) });
    assert.ok(reply?.ok, JSON.stringify(reply));
    this.run = reply.run!;
    return this.run;
  }

  /** Number of the newest task with this name. */
  seq(name: string): number {
    const found = [...this.ledger.tasks].findLast(([, { definition }]) => definition.name === name);
    assert.ok(found !== undefined, `there is a task ${name}`);
    return found[0];
  }

  at(name: string): TaskState {
    return this.ledger.tasks.get(this.seq(name))!.state;
  }

  /** States of these tasks, or of all. */
  states(...names: string[]): Record<string, TaskState> {
    const all = [...this.ledger.tasks.values()].map(({ definition, state }) => [definition.name!, state] as const);
    return Object.fromEntries(all.filter(([name]) => names.length === 0 || names.includes(name)));
  }

  reason(name: string): string | undefined {
    return this.ledger.tasks.get(this.seq(name))!.reason;
  }

  allowed(name: string): boolean {
    return this.ledger.tasks.get(this.seq(name))!.allowed === true;
  }

  /** How a run has ended. */
  outcome(run = this.run): RunState | undefined {
    return this.ledger.runs.get(run)?.ended;
  }

  phase(run = this.run): string | undefined {
    const row = this.ledger.runs.get(run);
    return row?.ended === undefined ? row?.phase : undefined;
  }

  /** Ends the attempts of these tasks that run now, in this order. */
  done(...names: string[]): void {
    for (const name of names) this.end(this.seq(name));
  }

  fail(name: string, report: Partial<Report> = {}): void {
    this.end(this.seq(name), { outcome: "failed", ...report });
  }

  /** Names of the tasks that run on workers. */
  running(): string[] {
    const tasks = [...this.state.workers.values()].flatMap(({ attempts }) => [...attempts]);
    return tasks.map(({ name }) => name!).sort();
  }

  prepare(name: string, more: Partial<Extract<Command, { type: "PrepareTask" }>> = {}): Reply {
    return this.turn({ type: "PrepareTask", task: this.seq(name), ...more })[0]!;
  }

  /** Makes members of an `each`, named as people see them. */
  expand(name: string, total: number, from = 0, count = total - from, member: Partial<NewTask> = {}): Reply {
    const tasks = Array.from({ length: count }, (_, i) => newTask({ name: `${name}[${from + i}]`, ...member }));
    return this.turn({ type: "ExpandTask", task: this.seq(name), total, from, tasks })[0]!;
  }

  /** Starts the run that a `workflow` task holds; answers its number. */
  sub(name: string, nodes: Record<string, Node>, more: Partial<NewRun> = {}): number {
    const run = { workflow: "inner", ...more, tasks: tasksOf(nodes) };
    const [reply] = this.turn({ type: "StartSubRun", task: this.seq(name), run });
    assert.ok(reply?.ok, JSON.stringify(reply));
    return reply.run!;
  }

  cancelRun(run = this.run): void {
    const tasks = [...this.ledger.tasks].filter(([, { definition }]) => definition.run === run).map(([seq]) => seq);
    this.turn({ type: "CancelRun", run, reason: "no", tasks });
  }

  cancel(name: string): void {
    this.turn({ type: "CancelTask", task: this.seq(name), reason: "no" });
  }

  mark(
    name: string,
    state: "succeeded" | "failed" | "skipped",
    more: Partial<Extract<Command, { type: "MarkTask" }>> = {},
  ): void {
    this.turn({ type: "MarkTask", task: this.seq(name), state, by: "Ada", note: "I know", ...more });
  }

  /** The task as a retry takes it. */
  again(name: string, more: Partial<Reopening> = {}): Reopening {
    return { task: this.ledger.ended(this.seq(name)), ...more };
  }

  /** Retries these tasks, in this order, in runs of which those that have ended are opened again. */
  retry(names: (string | Reopening)[], runs = [this.run]): Reply {
    const tasks = names.map((name) => (typeof name === "string" ? this.again(name) : name));
    const ended = runs.filter((run) => this.outcome(run) !== undefined).map((run) => this.ledger.endedRun(run));
    return this.turn({ type: "RetryRun", run: runs[0]!, runs: ended, tasks, children: [] })[0]!;
  }
}

export function tasksOf(nodes: Record<string, Node>): NewTask[] {
  const names = Object.keys(nodes);
  return Object.entries(nodes).map(([name, { needs, undoes, ...fields }]) => {
    const task = newTask({ name, ...fields });
    if (needs !== undefined) task.needsEarlier = needs.map((need) => names.indexOf(need));
    if (undoes !== undefined) {
      task.ofEarlier = names.indexOf(undoes);
      task.node = { role: "compensate", ...task.node };
    }
    return task;
  });
}
