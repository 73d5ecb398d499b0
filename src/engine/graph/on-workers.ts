/**
 * Tasks for all workers: which workers get one. The list is made when the turn of the task has come, and is durable before
 * the first member is: it stands in the work of the container as its items, so that no worker gets two, whatever dies.
 *
 * OW1  Every member is bound to the worker in whose place of the list it stands.
 */
import { unavailable, unfit } from "../../core/fleet/eligible.ts";
import { tellObstacle } from "../../core/fleet/explain-workers.ts";
import type { Worker } from "../../core/fleet/worker.ts";
import type { NewTask } from "../../core/command.ts";
import type { State } from "../../core/state.ts";
import type { Requirements } from "../../core/task.ts";
import type { EachWork } from "../../protocol/node.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { Prepared } from "../ports.ts";
import type { Preparation } from "../submission.ts";
import { newMember, placeMembers } from "./new-tasks.ts";

/** Workers that are looked at in one step. */
const STEP = 32;
/** Workers that are named in the words for "none". */
const NAMED_MAX = 5;

type Each = Extract<Prepared, { type: "each" }>;

/** What is to be spread over workers that were not chosen yet. */
export function awaitsWorkers({ work }: TaskSpec): boolean {
  return work.kind === "each" && work.each.workers === true && work.each.items === undefined;
}

/** The container with this list of workers. */
export function overWorkers(spec: TaskSpec, names: readonly string[]): TaskSpec {
  const { each } = spec.work as { each: EachWork };
  return { ...spec, work: { kind: "each", each: { ...each, items: [...names] } } };
}

/** Names of the workers that take work now, in their order. */
export function onlineWorkers(state: State, now: number): string[] {
  const names: string[] = [];
  for (const worker of state.workers.values()) {
    const code = unavailable(worker, now)?.code;
    if (code === undefined || code === "worker_busy") names.push(worker.name);
  }
  return names.toSorted((a, b) => (a < b ? -1 : 1));
}

/** The members of a container of no run: there is nothing to evaluate in them. */
export function membersAlone({ id, name, type, work }: TaskSpec): Each {
  const { items, task } = (work as { each: EachWork }).each;
  const names = items as string[];
  const title = name ?? id ?? type;
  return {
    type: "each",
    total: names.length,
    member(index) {
      const worker = names[index]!;
      return { ...task, worker, id: `${title}[${worker}]`, name: `${title}[${worker}]` };
    },
  };
}

export interface Chosen {
  names: string[];
  /** Why the first of the others did not fit. */
  why: string[];
}

/** Those of the workers that can take the member that would be theirs. */
export function* chooseWorkers(
  state: () => State,
  { seq }: { seq: number },
  candidates: readonly string[],
  { member }: Each,
  preparation: Preparation,
): Generator<void, Chosen, void> {
  const chosen: Chosen = { names: [], why: [] };
  for (const [index, name] of candidates.entries()) {
    if (index % STEP === STEP - 1) yield;
    const now = state();
    const worker = now.workers.get(name);
    // It has gone since.
    if (worker === undefined) continue;
    const one = newMember(seq, name, () => member(index), preparation);
    const why = misfit(worker, placeMembers([one], now, preparation)[0]!);
    if (why === undefined) chosen.names.push(name);
    else if (chosen.why.length < NAMED_MAX) chosen.why.push(`${name} ${why}`);
  }
  return chosen;
}

/** Why this worker cannot take such a task, as it is; one that cannot be made is made, and fails with its own words. */
function misfit(worker: Worker, task: NewTask): string | undefined {
  if (task.spec?.startsWith('{"broken"') === true) return undefined;
  const obstacle = unfit(worker, requirementsOf(task), task.arm);
  return obstacle && tellObstacle(obstacle);
}

/** What it asks of any worker, whoever it is bound to. */
export function requirementsOf({ kind, handler, asks }: Pick<NewTask, "kind" | "handler" | "asks">): Requirements {
  return { kind, handler, resources: asks?.resources, units: asks?.units, target: asks?.target };
}

/** Words for a task that no worker gets. */
export function nobody(candidates: number, { why }: Chosen): string {
  if (candidates === 0) return "no worker is online: connect one (`octopus worker`), or name the one to wait for";
  const more = candidates > why.length ? ", …" : "";
  const who =
    candidates === 1 ? "the one worker that is online cannot" : `none of the ${candidates} workers that are online can`;
  return `${who} take it: ${why.join("; ")}${more}`;
}
