/**
 * What workers are handed: an attempt with its work, its signature and the files that it gets. Made after the append, of
 * what core decided in the turn.
 */
import type { Report } from "../core/command.ts";
import type { AttemptStarted } from "../core/task-events.ts";
import { type LiveAttempt, taskId } from "../core/task.ts";
import type { State } from "../core/state.ts";
import type { Turn } from "../core/turn.ts";
import { type Assignment, bodyText } from "../protocol/link.ts";
import type { Work } from "../protocol/task.ts";
import { parsePluginRef } from "../protocol/work/plugin.ts";
import { inputsOf } from "./graph/inputs.ts";
import { copyOf, manifestOf, noPlugin, pluginOf, pluginRefOf } from "./plugins/lookup.ts";
import type { Library, Log, Outside } from "./ports.ts";
import type { Sessions } from "./sessions.ts";
import type { Turns } from "./turns.ts";
import type { WorkCache } from "./work-cache.ts";

export interface AssignmentsOptions {
  library: Library;
  outside: Pick<Outside, "sign">;
  log: Log;
  works: WorkCache;
  sessions: Sessions;
}

/** The names of its units, as its worker has told them. */
function namesOf({ units, worker }: LiveAttempt): Record<string, string[]> {
  const named = Object.entries(units ?? {}).map(([resource, list]): [string, string[]] => {
    const names = worker.units?.[resource] ?? [];
    return [resource, list.map((unit) => names[unit] ?? String(unit))];
  });
  return Object.fromEntries(named);
}

export class Assignments {
  readonly #options: AssignmentsOptions;
  readonly #turns: Turns;

  constructor(options: AssignmentsOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  /** Hands these attempts to their workers, as far as they were not ended in the same turn. */
  send(turn: Turn, started: readonly AttemptStarted[]): void {
    const { works, library, sessions } = this.#options;
    const live = started.filter(({ task, attempt }) => {
      const found = turn.state.tasks.get(task);
      return found?.live !== undefined && found.attempt === attempt;
    });
    const texts = works.take(
      live.map(({ task }) => task),
      library,
    );
    const batches = new Map<string, Assignment[]>();
    for (const [index, { task: seq, attempt, worker }] of live.entries()) {
      const task = turn.state.tasks.get(seq)!;
      const assignment: Assignment = {
        task: seq,
        attempt,
        id: taskId(task),
        type: task.type,
        arm: task.lane.arm.name,
        timeoutMs: task.policy.timeoutMs,
        work: JSON.parse(texts[index]!) as Work,
      };
      if (task.name !== undefined) assignment.name = task.name;
      if (task.run !== undefined) assignment.run = `r${task.run.seq}`;
      const origin = task.asks?.origin ?? task.run?.origin;
      if (origin?.type === "schedule") assignment.schedule = { name: origin.schedule, tick: origin.tick };
      if (task.live!.units !== undefined) assignment.units = namesOf(task.live!);
      const { kind } = task.lane.requires;
      if (kind === "http") this.#sign(assignment, turn.now);
      else if ((kind === "plugin" || kind === "wasm") && !this.#addPlugin(assignment, worker, turn.state)) continue;
      if (task.node?.rule.inputs === true && !this.#addInputs(assignment, worker)) continue;
      const batch = batches.get(worker);
      if (batch === undefined) batches.set(worker, [assignment]);
      else batch.push(assignment);
    }
    for (const [worker, tasks] of batches) sessions.named(worker)?.post({ type: "assign", tasks });
  }

  /** Names the version that it runs, as it is now. False: there is none; the attempt fails. */
  #addPlugin(assignment: Assignment, worker: string, { plugins }: State): boolean {
    const ref = pluginRefOf(assignment.work)!;
    const { name } = parsePluginRef(ref);
    const release = pluginOf(plugins, ref);
    if (release === undefined) {
      const message = `it ${noPlugin(plugins, ref)}`;
      this.#fail(assignment, worker, { message, kind: "unknown_plugin" });
      return false;
    }
    assignment.plugin = copyOf(name, release);
    const { timeout, actions = {} } = manifestOf(release);
    if (assignment.timeoutMs > 0 || assignment.work.kind !== "plugin") return true;
    const { action } = assignment.work.plugin;
    const own = Object.hasOwn(actions, action) ? actions[action]!.timeout : undefined;
    assignment.timeoutMs = own ?? timeout ?? 0;
    return true;
  }

  /** Names the files that it gets. False: some are not there; the attempt fails, and its worker never hears of it. */
  #addInputs(assignment: Assignment, worker: string): boolean {
    const { task } = assignment;
    try {
      const inputs = inputsOf(this.#options.library, task);
      if (inputs.length > 0) assignment.inputs = inputs;
      return true;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      this.#fail(assignment, worker, { message, kind: "inputs" });
      return false;
    }
  }

  /** It ends before its worker ever hears of it. */
  #fail({ task, attempt }: Assignment, worker: string, error: NonNullable<Report["error"]>): void {
    const report: Report = { outcome: "failed", retryable: false, error };
    this.#turns.push({
      command: (state) => {
        const session = state.workers.get(worker)?.session ?? 0;
        return { type: "EndAttempt", worker, session, task, attempt, report };
      },
    });
  }

  /** Signs the body as the executor will send it. A worker never sees a secret. */
  #sign(assignment: Assignment, now: number): void {
    const { work, id } = assignment;
    if (work.kind !== "http" || work.http.sign === undefined) return;
    const { outside, log } = this.#options;
    try {
      const signature = outside.sign(work.http.sign, id, now, bodyText(work.http.body));
      if (signature !== undefined) assignment.signature = signature;
    } catch (error) {
      // The attempt fails with words of its own: it has no signature, and asked for one.
      log.error({ task: id }, error instanceof Error ? error.message : String(error));
    }
  }
}
