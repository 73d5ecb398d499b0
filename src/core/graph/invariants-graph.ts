/** Cross-checks of nodes, containers and phases, for `invariants.ts`. */
import { assert } from "../../base/assert.ts";
import { isEnded } from "../../base/words.ts";
import type { Run } from "../run.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import type { TimerKind } from "../timers.ts";
import { isStopped } from "./box.ts";
import { isContainer, roleOf } from "./node.ts";

export function checkGraph(state: State): void {
  const members = new Map<number, number>();
  const roles = new Map<Run, Set<Task>>();
  const timed = timers(state);
  for (const task of state.tasks.values()) {
    if (isEnded(task.state)) continue;
    const { node, run, seq } = task;
    const { kind } = task.lane.requires;
    const isOurs = isContainer(task) || kind === "approval";
    assert(!isOurs || node !== undefined, `t${seq}, which no worker does, has a node`);
    assert(!isOurs || task.live === undefined, `t${seq} is on no worker`);
    assert(!isOurs || task.state !== "queued" || state.flow.held.has(task), `t${seq} is in no lane`);
    if (node === undefined) continue;
    if (node.inside !== 0) members.set(node.inside, (members.get(node.inside) ?? 0) + 1);
    if (roleOf(task) !== undefined) roles.set(run!, (roles.get(run!) ?? new Set()).add(task));
    checkHold(state, task, timed);
    checkTally(task);
  }
  for (const task of state.tasks.values()) if (!isEnded(task.state)) checkBox(state, task, members, timed);
  for (const run of state.runs.values()) if (!run.done) checkRun(state, run, roles.get(run) ?? new Set());
}

function timers(state: State): (task: Task, kind: TimerKind) => number {
  const earliest = new Map<unknown, Map<TimerKind, number>>();
  for (const { at, kind, subject } of state.timers) {
    const times = earliest.get(subject) ?? new Map<TimerKind, number>();
    times.set(kind, Math.min(times.get(kind) ?? Infinity, at));
    earliest.set(subject, times);
  }
  return (task, kind) => earliest.get(task)?.get(kind) ?? Infinity;
}

function checkHold(state: State, task: Task, timed: ReturnType<typeof timers>): void {
  const why = state.flow.held.get(task);
  const node = task.node!;
  if (why === "prepare") assert(!node.prepared || isContainer(task), `t${task.seq} waits for what it does not have`);
  if (why !== "approval") return;
  assert(node.asked, `t${task.seq} waits for a person who knows of it`);
  assert(node.prepared || node.rule.prepare !== true, `t${task.seq} is prepared before a person is asked`);
  if (node.askedUntil > 0) assert(timed(task, "approval") <= node.askedUntil, `t${task.seq} has a timer for silence`);
}

function checkTally({ node, seq, state }: Task): void {
  const tally = node!.tally;
  assert(
    (tally === undefined) === (node!.rule.trigger === undefined),
    `t${seq} has a tally when its trigger needs one`,
  );
  if (tally === undefined || state !== "blocked") return;
  const { passed, succeeded, failed, skipped } = tally;
  assert(passed >= succeeded && Math.min(succeeded, failed, skipped) >= 0, `the tally of t${seq} adds up`);
}

function checkBox(
  state: State,
  task: Task,
  members: ReadonlyMap<number, number>,
  timed: ReturnType<typeof timers>,
): void {
  const { seq, node, policy } = task;
  const box = node?.box;
  const held = members.get(seq) ?? 0;
  if (box === undefined) {
    assert(held === 0, `t${seq}, which has not begun, holds no members`);
    return;
  }
  const isEach = task.lane.requires.kind === "each";
  const run = state.runs.get(node!.run);
  const live = isEach ? held : Number(run !== undefined && !run.done && run.parent === seq);
  assert(box.live === live, `t${seq} knows how many of its members live`);
  assert(box.failed >= 0 && box.allowed >= 0, `t${seq} counts its members`);
  assert(box.made <= box.total && box.failed + box.live <= box.made, `t${seq} has no more members than were made`);
  if (policy.timeoutMs > 0 && box.cancel === undefined) {
    assert(timed(task, "deadline") <= box.openedAt + policy.timeoutMs, `t${seq} has a timer for its timeout`);
  }
  const isOver = live === 0 && (isEach ? box.made === box.total || isStopped(task) : box.cancel !== undefined);
  assert(!isOver, `t${seq} is not complete`);
  if (!isEach) return;
  const numbers = new Set(box.numbers());
  for (const other of state.tasks.values()) {
    if (!isEnded(other.state) && other.node?.inside === seq)
      assert(numbers.has(other.seq), `t${seq} finds t${other.seq}`);
  }
}

/** AG2 in `apply-graph.ts`, and the phases. */
function checkRun({ tasks }: State, run: Run, roles: ReadonlySet<Task>): void {
  const { seq, phase, outcome } = run;
  assert(run.roles.size === roles.size, `r${seq} knows its tasks with a role`);
  for (const task of run.roles)
    assert(roles.has(task) && tasks.get(task.seq) === task, `t${task.seq} has a role in r${seq}`);
  for (const [name, count] of run.aside) assert(count >= 0 && count <= run.count(name), `r${seq} counts ${name} aside`);
  assert(run.allowed >= 0, `r${seq} counts what ended with leave`);
  assert((phase === undefined) === (outcome === undefined), `r${seq} knows how its main part ended`);
  const main = run.open - run.roles.size;
  assert(main >= 0, `r${seq} counts its open tasks`);
  assert(phase === undefined || main === 0, `the main part of r${seq} is over`);
  assert(phase !== undefined || main > 0 || run.planning || !run.sealed, `r${seq} goes on after its main part`);
  if (phase === "outputs") assert(run.closing && run.open === 0, `only the outputs of r${seq} are missing`);
  const started = [...run.roles].filter(({ state, node }) => state !== "blocked" && node!.inside === 0);
  if (phase === undefined) assert(started.length === 0, `nothing of r${seq} runs before its main part is over`);
  if (phase === "compensate") assert(started.length === 1, `r${seq} undoes one thing at a time`);
  for (const task of started) {
    const role = roleOf(task)!;
    const fits = phase === "compensate" || phase === "exit" ? role === phase : role !== "compensate" && role !== "exit";
    assert(fits, `t${task.seq} runs in its phase of r${seq}`);
  }
}
