/** What people ask of single tasks: cancel, retry, dismiss, move, delete. Many at once: `bulk.ts`. */
import { OctopusError } from "../base/errors.ts";
import type { Command, EndedTask } from "../core/command.ts";
import type { Reply } from "../core/reply.ts";
import type { State } from "../core/state.ts";
import type { Work } from "../protocol/task.ts";
import type { RetryChange } from "./api.ts";
import type { Library, Outside } from "./ports.ts";
import { changedWork } from "./changed-work.ts";
import { checkPlugin } from "./plugins/inputs.ts";
import { isOfGraph, Reopener, reopenOne } from "./graph/reopening.ts";
import { retryAlone } from "./graph/retry-alone.ts";
import { LOCAL_CALLER, type PolicyCaller, type PolicyJudge } from "./policy.ts";
import { ofOneTask, rejected } from "./refusals.ts";
import { unknownArm } from "./routing.ts";
import { hasLeft, resolveTask } from "./submission.ts";
import type { Turns } from "./turns.ts";

export interface PeopleOptions {
  library: Library;
  outside: Outside;
  /** Largest work accepted, in bytes of JSON. */
  workBytesMax: number;
  policy?: PolicyJudge | undefined;
}

export class People {
  readonly #library: Library;
  readonly #options: PeopleOptions;
  readonly #turns: Turns;

  constructor(options: PeopleOptions, turns: Turns) {
    this.#options = options;
    this.#library = options.library;
    this.#turns = turns;
  }

  async cancelTask(id: string, reason: string): Promise<void> {
    await this.ask((state) => {
      return { type: "CancelTask", task: this.findLive(state, id), reason };
    });
  }

  async cancelRun(id: string, reason: string): Promise<void> {
    await this.ask((state) => {
      const run = runNumber(id);
      if (state.runs.get(run)?.over ?? true) {
        const ended = this.#library.run(run);
        if (ended === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
        throw new OctopusError("conflict", `run ${id} has ended already: it is ${ended.state}`);
      }
      return { type: "CancelRun", run, reason, tasks: this.#library.taskSeqsOfRun(run) };
      // In a turn of its own: of tasks that are submitted in the same turn the library does not know yet.
    }, true);
  }

  async retryTask(id: string, change: RetryChange | undefined, by: PolicyCaller = LOCAL_CALLER): Promise<void> {
    await this.ask((state) => {
      const seq = this.find(state, id);
      const live = state.tasks.get(seq);
      if (live !== undefined) throw new OctopusError("conflict", `task ${id} cannot be retried: it is ${live.state}`);
      const task = this.#library.endedTask(seq);
      if (task === undefined) throw new OctopusError("not_found", `there is no task ${id}`);
      if (isOfGraph(state, this.#library, task)) return this.#retryInGraph(state, task, change, by);
      for (const need of task.definition.needs ?? []) {
        const needState = this.#library.stateOf(need);
        if (needState === undefined || needState === "succeeded" || hasLeft(this.#library, need, needState)) continue;
        const message = `task ${id} needs t${need}, which is ${needState}; retry that one, and this one follows`;
        throw new OctopusError("conflict", message);
      }
      const work = this.#workOf(task, change, by);
      const changed = work === undefined ? task : this.#renamed(task, work);
      return { ...retryOf(this.#library, changed, this.around(state, task)), work };
    }, true);
  }

  /** What a retry of this task looks at. */
  around(state: State, task: EndedTask): RetryWorld {
    return { dependents: this.#library.dependents(task), counting: countingRuns(state), state };
  }

  /** Around it there is more than tasks that need each other: what holds it, what follows its run. */
  #retryInGraph(state: State, ended: EndedTask, change: RetryChange | undefined, by: PolicyCaller): Command {
    const { task: seq, definition } = ended;
    const run = definition.run!;
    const reopener = new Reopener(state, this.#library);
    const node = reopener.node(run, seq)!;
    reopenOne({ state, reopener }, run, node, false);
    const work = this.#workOf(ended, change, by);
    const again = reopener.result(({ task }) => (task === seq && work !== undefined ? { work } : undefined));
    return { type: "RetryRun", run, ...again };
  }

  /** Another work has another result: it must not stand in the cache for that of the work before. */
  #renamed(task: EndedTask, work: string): EndedTask {
    const { definition } = task;
    const { asks } = definition;
    if (asks?.cache === undefined) return task;
    const hash = this.#options.outside.digest(`${asks.cache.hash}\n${work}`);
    return { ...task, definition: { ...definition, asks: { ...asks, cache: { ...asks.cache, hash } } } };
  }

  /** The work with the change in it, as JSON text. */
  #workOf({ task, definition }: EndedTask, change: RetryChange | undefined, by: PolicyCaller): string | undefined {
    if (change?.input === undefined) return undefined;
    const work = JSON.parse(this.#library.works([task])[0]!) as Work;
    const changed = changedWork(work, change.input);
    checkPlugin(this.#turns.state.plugins, { work: changed }, "task");
    const { workBytesMax, policy } = this.#options;
    policy?.lookAgain(changed, definition.arm, "its command", by);
    const text = JSON.stringify(changed);
    if (text.length <= workBytesMax) return text;
    const message = `holds ${text.length} bytes with the rest of the work; at most ${workBytesMax} are allowed (limits.task)`;
    throw new OctopusError("too_large", `input ${message}`, { issues: [{ path: "input", message }] });
  }

  async dismissTask(id: string): Promise<void> {
    await this.ask((state) => {
      const seq = this.find(state, id);
      const view = this.#library.task(seq);
      if (view?.dead !== true) {
        const why = view === undefined ? "it is gone" : `it is ${view.state}, and no dead letter`;
        throw new OctopusError("conflict", `task ${id} cannot be dismissed: ${why}`);
      }
      return { type: "DismissTasks", tasks: [seq] };
    }, true);
  }

  async moveTask(
    id: string,
    change: { arm?: string; priority?: number },
    by: PolicyCaller = LOCAL_CALLER,
  ): Promise<void> {
    const { arm, priority } = change;
    if (arm === undefined && priority === undefined) {
      const message = "must hold an arm or a priority";
      throw new OctopusError("invalid", `the change ${message}`, { issues: [{ path: "", message }] });
    }
    await this.ask((state) => {
      const task = this.find(state, id);
      const live = state.tasks.get(task);
      if (live === undefined) {
        const ended = this.#library.stateOf(task)!;
        throw new OctopusError("conflict", `task ${id} has ended already: it is ${ended}; only a live task moves`);
      }
      if (arm !== undefined && !state.arms.has(arm)) throw unknownArm(state, arm, "arm");
      if (arm !== undefined) this.#options.policy?.lookInArm(task, arm, this.#library, by);
      return { type: "MoveTasks", tasks: [task], arm, priority };
    });
  }

  /** The task that may be deleted now. */
  deletable(state: State, id: string): { task: number; state: EndedTask["state"] } {
    const task = this.find(state, id);
    const live = state.tasks.get(task);
    if (live !== undefined) {
      throw new OctopusError("conflict", `task ${id} is ${live.state}; cancel it before deleting it`);
    }
    const { state: ended, definition } = this.#library.endedTask(task)!;
    // The outcome of a run is made from its tasks: they go together, after it has ended.
    if (runIsLive(state, definition.run)) {
      const message = `task ${id} belongs to r${definition.run}, which has not ended; delete it after that`;
      throw new OctopusError("conflict", message);
    }
    if (isHeld(state, definition)) {
      const message = `task ${id} belongs to t${definition.inside}, which has not ended; delete it after that`;
      throw new OctopusError("conflict", message);
    }
    if ([...state.flow.dues.values()].some((due) => due.task === task)) {
      const message = `news of task ${id} are still to be sent to its callbacks; try again`;
      throw new OctopusError("conflict", message, { retryable: true });
    }
    return { task, state: ended };
  }

  async ask(command: (state: State) => Command, alone = false): Promise<Extract<Reply, { ok: true }>> {
    const reply = await (alone ? this.#turns.askAlone(command) : this.#turns.ask(command));
    if (!reply.ok) throw ofOneTask(rejected(reply.rejection));
    return reply;
  }

  findLive(state: State, id: string): number {
    const task = this.find(state, id);
    if (state.tasks.get(task) !== undefined) return task;
    throw new OctopusError("conflict", `task ${id} has ended already: it is ${this.#library.stateOf(task)!}`);
  }

  get state(): State {
    return this.#turns.state;
  }

  find(state: State, id: string): number {
    const seq = resolveTask(state, this.#library, id);
    if (seq === undefined) throw new OctopusError("not_found", `there is no task ${id}`);
    return seq;
  }
}

/** Runs in which somebody waits who counts how his needs end: others wait for a need that has ended badly in no case. */
export function countingRuns({ tasks }: State): ReadonlySet<number> {
  const runs = new Set<number>();
  for (const { state, node, run } of tasks.values()) {
    if (node?.tally !== undefined && run !== undefined && state === "blocked") runs.add(run.seq);
  }
  return runs;
}

interface RetryWorld {
  /** What waits again for the task. */
  dependents: EndedTask[];
  /** See `countingRuns`. */
  counting: ReadonlySet<number>;
  state: State;
  /** Containers that others of the same step have opened. */
  opened?: Set<number>;
}

/** The command that gives this task another try, with the container around it and what it holds. */
export function retryOf(
  library: Library,
  task: EndedTask,
  { dependents, counting, state, opened }: RetryWorld,
): Extract<Command, { type: "RetryTask" }> {
  const { run } = task.definition;
  const below = ({ task: seq, state: from, definition }: EndedTask): number[] =>
    from === "succeeded" || counting.has(definition.run ?? 0) ? library.blockedOn(seq) : [];
  const endedRun = run === undefined ? undefined : library.endedRun(run);
  const isAlone = run === undefined && (task.definition.inside !== undefined || task.definition.kind === "each");
  const alone = isAlone ? retryAlone(task, { state, library, below, ...(opened && { opened }) }) : undefined;
  const all = alone === undefined ? dependents : [...dependents, ...alone.dependents];
  const grandchildren = all.map((each) => [each.task, below(each)] as const).filter(([, found]) => found.length > 0);
  const command: Extract<Command, { type: "RetryTask" }> = {
    ...{ type: "RetryTask", task, dependents: all, children: below(task), run: endedRun },
  };
  if (alone?.around !== undefined) command.around = alone.around;
  if (alone?.members !== undefined) command.members = alone.members;
  if (grandchildren.length > 0) command.grandchildren = new Map(grandchildren);
  return command;
}

/** What holds it lives, and its outcome is made from it. */
export function isHeld(state: State, definition: EndedTask["definition"] | undefined): boolean {
  if (runIsLive(state, definition?.run)) return true;
  return definition?.inside !== undefined && state.tasks.get(definition.inside) !== undefined;
}

function runIsLive(state: State, run: number | undefined): boolean {
  return run !== undefined && state.runs.get(run)?.over === false;
}

export function runNumber(id: string): number {
  const match = /^r?(\d+)$/.exec(id);
  return match === null ? -1 : Number(match[1]);
}
