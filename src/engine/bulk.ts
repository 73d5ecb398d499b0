/**
 * One action on all the tasks that a filter matches, a step at a time. Each step is one turn of its own, and the batch of
 * a step also says how far the action has come: a restart goes on behind the last step.
 *
 * B1  A step is chosen from what the store holds, in the turn in which it is decided; so it has that turn alone.
 * B2  Each task is looked at once, in the order of numbers, and none that was submitted after the action began.
 * B3  One action runs at a time; the others wait in the order in which they began.
 */
import { OctopusError } from "../base/errors.ts";
import { isEnded, TASK_STATES, type TaskState } from "../base/words.ts";
import type { Command, EndedTask } from "../core/command.ts";
import type { Reply } from "../core/reply.ts";
import type { State } from "../core/state.ts";
import type { BulkView } from "../protocol/views.ts";
import type { BulkSpec } from "./api.ts";
import type { BulkFilter } from "./filters.ts";
import type { Feed } from "./feed.ts";
import { isOfGraph, Reopener, reopenOne } from "./graph/reopening.ts";
import type { PolicyJudge } from "./policy.ts";
import { type People, countingRuns, retryOf, isHeld, runNumber } from "./people.ts";
import type { Clock, Library, Log } from "./ports.ts";
import type { StoredBulk } from "./stored.ts";
import type { Retention } from "./retention.ts";
import { unknownArm } from "./routing.ts";
import type { Turns } from "./turns.ts";

export interface BulkOptions {
  clock: Clock;
  library: Library;
  log: Log;
  policy?: PolicyJudge | undefined;
}

interface Parts {
  turns: Turns;
  people: People;
  retention: Retention;
  feed: Feed;
}

/** Tasks of one step. */
const STEP = 200;
/** How long a count goes on before others have their turn. */
const BREATH_MS = 4;
/** Retries look at what ended because of each task, which takes longer. */
const RETRY_STEP = 100;

const ENDED = TASK_STATES.filter(isEnded);
/** What a retry without states means: what succeeded or was skipped has done its work. */
const RETRIED: readonly TaskState[] = ["failed", "cancelled", "expired", "upstream_failed"];
const LIVE = TASK_STATES.filter((state) => !isEnded(state));

/** The states of tasks that an action is for. */
const STATES: Readonly<Record<BulkSpec["action"], readonly TaskState[]>> = {
  cancel: LIVE,
  priority: LIVE,
  move: LIVE,
  retry: ENDED,
  delete: ENDED,
  dismiss: ["failed"],
};

/** What is kept of an action beside its filter. */
interface Change {
  arm?: string | undefined;
  priority?: number | undefined;
  reason?: string | undefined;
}

export class Bulk {
  readonly #options: BulkOptions;
  readonly #parts: Parts;
  #running = false;
  /** Somebody has called for it while it was running: what ended it may be over. */
  #again = false;
  #stopped = false;

  constructor(options: BulkOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** After a start or a recovery, and whenever one begins: runs those that are not over. */
  resume(): void {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#again = false;
    this.#run()
      .catch((error: unknown) => {
        const cause = error instanceof Error ? error.message : String(error);
        this.#options.log.warn({ cause }, "a bulk action waits: nothing can be written now");
      })
      .finally(() => {
        this.#running = false;
        if (this.#again) this.resume();
      });
  }

  stop(): void {
    this.#stopped = true;
  }

  /** In steps, between which others have their turn. */
  async count(filter: BulkFilter): Promise<number> {
    const { library, clock } = this.#options;
    const count = library.countMatching(withRun(filter));
    for (let since = clock.elapsed(); !count.done; count.step()) {
      if (clock.elapsed() - since < BREATH_MS) continue;
      await this.#parts.turns.breathe();
      since = clock.elapsed();
    }
    return count.count;
  }

  async start(spec: BulkSpec): Promise<BulkView> {
    const filter = filterOf(spec, this.#options.clock.now());
    const total = await this.count(filter);
    const { action, arm, priority, reason } = spec;
    const change: Change = { arm, priority, reason };
    const { bulk } = await this.#parts.people.ask((state) => {
      if (arm !== undefined && !state.arms.has(arm)) throw unknownArm(state, arm, "arm");
      return { type: "StartBulk", action, filter: JSON.stringify({ ...filter, change }), total };
    });
    this.resume();
    return this.bulk(`b${bulk!}`)!;
  }

  async cancel(id: string): Promise<BulkView> {
    const bulk = numberOf(id);
    await this.#advance(bulk, (stored) => {
      if (stored.state !== "running") {
        throw new OctopusError("conflict", `bulk action ${id} is over: it is ${stored.state}`);
      }
      const { done, failed, cursor } = stored;
      return { type: "AdvanceBulk", bulk, done, failed, cursor, ended: "cancelled" };
    });
    return this.bulk(id)!;
  }

  bulk(id: string): BulkView | undefined {
    const stored = this.#options.library.bulk(numberOf(id));
    return stored && viewOf(stored);
  }

  bulks(): BulkView[] {
    return this.#options.library.bulks().map(viewOf);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const next = this.#options.library.bulks().findLast(({ state }) => state === "running");
      if (next === undefined) return;
      await this.#step(next.number);
    }
  }

  /** The next tasks of it. */
  async #step(bulk: number): Promise<void> {
    let cleanUp = (): void => {};
    await this.#advance(bulk, (stored, state) => {
      if (stored.state !== "running") return undefined;
      const limit = stored.action === "retry" ? RETRY_STEP : STEP;
      const { matching } = this.#options.library;
      const { tasks, cursor, end } = matching(withRun(partsOf(stored).filter), stored.cursor, limit);
      const { step, also, after, covered = 0 } = this.#commands(state, stored, tasks);
      cleanUp = after ?? cleanUp;
      // A task that no command is about did not allow it.
      const left = tasks.length - covered - step.reduce((sum, each) => sum + sizeOf(each), 0);
      const { done: before, failed } = stored;
      const done = before + covered;
      const ended = end ? ("done" as const) : undefined;
      return { type: "AdvanceBulk", bulk, done, failed: failed + left, cursor, ended, step, also };
    });
    cleanUp();
  }

  /** Decides what `command` makes of the action as it is stored, in a turn of its own, and tells the feed. */
  #advance(bulk: number, command: (stored: StoredBulk, state: State) => Command | undefined): Promise<Reply> {
    const { turns, feed } = this.#parts;
    const { library, clock } = this.#options;
    return new Promise((resolve, reject) =>
      turns.push({
        alone: true,
        command: (state) => {
          const stored = library.bulk(bulk);
          if (stored === undefined) throw notFound(`b${bulk}`);
          const made = command(stored, state);
          if (made === undefined) resolve({ ok: true, ignored: true });
          return made;
        },
        done: (reply) => {
          const { id, done, failed, total, state } = library.bulk(bulk)!;
          feed.event({ type: "bulk", id, done, failed, total, ended: state !== "running", at: clock.now() });
          resolve(reply);
        },
        failed: reject,
      }),
    );
  }

  #commands(state: State, stored: StoredBulk, tasks: readonly { task: number; state: TaskState }[]): Step {
    const { library } = this.#options;
    const { change } = partsOf(stored);
    const seqs = tasks.map(({ task }) => task);
    switch (stored.action) {
      case "cancel": {
        const reason = change.reason ?? `cancelled with others by ${stored.id}`;
        // From the newest on: what needs another one is cancelled itself, and not called upstream_failed.
        return { step: seqs.toReversed().map((task) => ({ type: "CancelTask", task, reason })) };
      }
      case "priority":
      case "move": {
        const { policy } = this.#options;
        const movable = policy?.movable(seqs, change.arm, library) ?? seqs;
        return { step: [{ type: "MoveTasks", tasks: movable, arm: change.arm, priority: change.priority }] };
      }
      case "dismiss":
        return { step: [{ type: "DismissTasks", tasks: seqs }] };
      case "delete": {
        const free = tasks.filter(({ task }) => !isHeld(state, library.endedTask(task)?.definition));
        const { command, after } = this.#parts.retention.removal(state, free);
        return { step: [command], after };
      }
      case "retry":
        return retries(library, state, seqs);
    }
  }
}

/** What one step asks of core, and what is left to do when it is durable. */
interface Step {
  step: Command[];
  also?: Command[] | undefined;
  after?: (() => void) | undefined;
  /** Tasks that are done again with others of the step. */
  covered?: number;
}

/** Tasks that a command of a step is about. */
function sizeOf(command: Command): number {
  if (command.type === "RetryRun") return 1;
  // What a task holds goes with it, and was not asked for.
  if (command.type === "DeleteTasks") return command.chosen ?? command.tasks.length;
  return "tasks" in command ? command.tasks.length : 1;
}

/** Retries of those that may run again by now or when others of this step have; and of what had ended because of them. */
function retries(library: Library, state: State, seqs: readonly number[]): Step {
  const chosen = new Map<number, EndedTask>();
  const inGraph: EndedTask[] = [];
  for (const seq of seqs) {
    const task = state.tasks.get(seq) === undefined ? library.endedTask(seq) : undefined;
    if (task === undefined) continue;
    if (isOfGraph(state, library, task)) {
      inGraph.push(task);
      continue;
    }
    const mayRun = (task.definition.needs ?? []).every((need) => {
      if (chosen.has(need) || state.tasks.get(need) !== undefined) return true;
      const has = library.stateOf(need);
      return has === undefined || has === "succeeded";
    });
    if (mayRun) chosen.set(seq, task);
  }
  const around = retriesInGraph(library, state, inGraph);
  const [first, ...others] = chosen.values();
  if (first === undefined) return { step: around };
  const rest = others.map(({ task }) => task);
  const dependents = library.dependents(first, rest).filter(({ task }) => !chosen.has(task));
  const counting = countingRuns(state);
  const opened = new Set<number>();
  const again = (task: EndedTask): Command => {
    if (task.definition.kind === "each") opened.add(task.task);
    return retryOf(library, task, { dependents: [], counting, state, opened });
  };
  // A member goes with the container that holds it, when both are meant.
  const own = [...chosen.values()].filter(({ definition }) => !chosen.has(definition.inside ?? 0));
  return {
    step: own.map(again).concat(around),
    also: dependents.map(again),
    covered: chosen.size - own.length,
  };
}

/** The same for tasks of workflows; each command is about one task and all that comes back with it. */
function retriesInGraph(library: Library, state: State, tasks: readonly EndedTask[]): Command[] {
  const reopener = new Reopener(state, library);
  return tasks.flatMap(({ task, definition }): Command[] => {
    const run = definition.run!;
    try {
      if (!reopener.covers(run, task)) reopenOne({ state, reopener }, run, reopener.node(run, task)!, false);
      return [{ type: "RetryRun", run, ...reopener.result() }];
    } catch (error) {
      // It does not allow it now, and is counted as one that failed.
      if (error instanceof OctopusError) return [];
      throw error;
    }
  });
}

/** What the action is for, and no more: tasks in a state that allows it, submitted by now. */
function filterOf({ action, filter, arm, priority }: BulkSpec, now: number): BulkFilter {
  const keys = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (keys.length === 0) throw invalid("filter", "must hold at least one key: say which tasks are meant");
  if ((action === "move") !== (arm !== undefined)) {
    throw invalid("arm", action === "move" ? "is needed: where they are moved" : `does not go with ${action}`);
  }
  if ((action === "priority") !== (priority !== undefined)) {
    throw invalid("priority", action === "priority" ? "is needed: from 0 to 10" : `does not go with ${action}`);
  }
  const possible = STATES[action];
  const states = filter.state === undefined ? possible : filter.state.filter((state) => possible.includes(state));
  if (states.length === 0) {
    throw invalid("filter.state", `names no state in which a task can be meant by ${action}: ${possible.join(", ")}`);
  }
  const usual = action === "retry" && filter.state === undefined ? RETRIED : states;
  const whole: BulkFilter = { ...filter, state: [...usual], to: Math.min(filter.to ?? Infinity, now + 1) };
  if (action === "dismiss") whole.dead = true;
  return whole;
}

function invalid(path: string, message: string): OctopusError {
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}

function withRun(filter: BulkFilter): BulkFilter & { runSeq?: number | undefined } {
  return { ...filter, runSeq: filter.run === undefined ? undefined : runNumber(filter.run) };
}

/** The filter and the change that stand together in one JSON text. */
function partsOf(stored: StoredBulk): { filter: BulkFilter; change: Change } {
  const { change = {}, ...filter } = stored.filter as BulkFilter & { change?: Change };
  return { filter, change };
}

function viewOf(stored: StoredBulk): BulkView {
  const { number: _number, cursor: _cursor, ...view } = stored;
  return { ...view, filter: partsOf(stored).filter };
}

function numberOf(id: string): number {
  const match = /^b?(\d+)$/.exec(id);
  return match === null ? -1 : Number(match[1]);
}

function notFound(id: string): OctopusError {
  return new OctopusError("not_found", `there is no bulk action ${id}`);
}
