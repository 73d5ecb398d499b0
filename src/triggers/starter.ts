/**
 * Starts what events ask for. Owns that an event starts one thing, however often it comes.
 *
 * ST1  An event that was taken is durable before its outcome is told.
 * ST2  A task has the id of its event; the first task of a run holds a unique key of it. An event that comes again finds
 *      them, and starts nothing.
 * ST3  What may succeed later (a full arm, a full disk) is thrown; what never will is an outcome.
 */
import { OctopusError } from "../base/errors.ts";
import { isEngineKind } from "../base/words.ts";
import type { EngineApi, RunSpec } from "../engine/api.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { parseTask } from "../protocol/task-fast.ts";
import { type EventData, taskIdOf } from "./event.ts";
import type { RunDraft, Template } from "./template.ts";

export type Outcome =
  | { type: "started" | "repeated"; task?: string; run?: string }
  | { type: "skipped" }
  | { type: "failed"; error: OctopusError };

/** How long the first task of a run holds its event's key. */
const HOLD_MS = 7 * 86_400_000;

export interface StarterOptions {
  engine: Pick<EngineApi, "submit" | "compileRun" | "submitRun" | "task">;
  name: string;
  template: Template;
}

export class Starter {
  readonly #options: StarterOptions;
  /** For the policy of commands. */
  readonly #caller: { who: string; role: string };

  constructor(options: StarterOptions) {
    this.#options = options;
    this.#caller = { who: `trigger:${options.name}`, role: "trigger" };
  }

  /** Outcomes in the order of the events. Throws, with nothing said of any of them, what may succeed later. */
  async start(events: readonly EventData[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const specs: TaskSpec[] = [];
    const places: number[] = [];
    for (const event of events) {
      const place = outcomes.length;
      try {
        const draft = this.#options.template.draft(event);
        if (draft === undefined) outcomes.push({ type: "skipped" });
        else if ("run" in draft) outcomes.push(await this.#startRun(draft.run, event));
        else {
          specs.push(parseTask(draft.task));
          places.push(place);
          // Another outcome takes its place when it is known.
          outcomes.push({ type: "skipped" });
        }
      } catch (error) {
        outcomes[place] = failed(error);
      }
    }
    const submitted = await this.#submit(specs);
    for (const [index, place] of places.entries()) outcomes[place] = submitted[index]!;
    return outcomes;
  }

  /** Together where that goes; where one of them is refused, each alone. */
  async #submit(specs: TaskSpec[]): Promise<Outcome[]> {
    if (specs.length === 0) return [];
    const { engine } = this.#options;
    try {
      const submitted = await engine.submit(specs, this.#caller);
      return submitted.map(({ id, existed }) => ({ type: existed === true ? "repeated" : "started", task: id }));
    } catch (error) {
      const [spec] = specs;
      if (specs.length === 1) return [this.#refused(error, spec!)];
      if (mayPass(error)) throw error;
      return (await Promise.all(specs.map((one) => this.#submit([one])))).flat();
    }
  }

  /** An id that is taken by another content is the same event, come before the configuration was changed. */
  #refused(error: unknown, { id }: TaskSpec): Outcome {
    if (error instanceof OctopusError && error.code === "conflict" && this.#options.engine.task(id!) !== undefined)
      return { type: "repeated", task: id! };
    return failed(error);
  }

  async #startRun({ workflow, params, arm }: RunDraft, event: EventData): Promise<Outcome> {
    const { engine, name } = this.#options;
    const key = taskIdOf(name, event);
    const run = await engine.compileRun({ workflow, params, ...(arm !== undefined && { arm }) });
    try {
      return { type: "started", run: (await engine.submitRun(withKey(run, key), this.#caller)).id };
    } catch (error) {
      const earlier =
        error instanceof OctopusError && error.code === "conflict" ? runOfKey(engine, error, key) : undefined;
      if (earlier === undefined) throw error;
      return { type: "repeated", run: earlier };
    }
  }
}

/** ST2. A run has no id that its submitter gives; its tasks may have unique keys. */
function withKey(run: RunSpec, key: string): RunSpec {
  const free = run.tasks.map(({ uniqueKey, kind }) => uniqueKey === undefined && !isEngineKind(kind));
  const at = free.includes(true) ? free.indexOf(true) : run.tasks.findIndex(({ uniqueKey }) => uniqueKey === undefined);
  if (at < 0) return run;
  const uniqueKey = { key, scope: "period", periodMs: HOLD_MS, policy: "reject" } as const;
  return { ...run, tasks: run.tasks.with(at, { ...run.tasks[at]!, uniqueKey }) };
}

/** The run whose task holds the key, where that is why this one was refused. */
function runOfKey(engine: StarterOptions["engine"], { message }: OctopusError, key: string): string | undefined {
  const holder = message.includes(key) ? /is taken: (t\d+) has the key/.exec(message)?.[1] : undefined;
  return holder === undefined ? undefined : engine.task(holder)?.run;
}

/** It may succeed later: a full arm, a full disk, a server that stops, a workflow that nobody has registered yet. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof OctopusError)) return true;
  if (error.retryable) return true;
  return (
    ["queue_full", "storage_full", "storage_failed", "not_ready", "not_leader", "too_many", "not_found"].includes(
      error.code,
    ) || isDraining(error)
  );
}

/** An arm that is draining will take tasks again. */
function isDraining({ code, message }: OctopusError): boolean {
  return code === "conflict" && message.includes("is draining");
}

function failed(error: unknown): Outcome {
  if (mayPass(error)) throw error;
  return { type: "failed", error: ofOneTask(error as OctopusError) };
}

/** There is one task, so none is numbered. */
function ofOneTask({ code, message, issues, cause }: OctopusError): OctopusError {
  const plain = (text: string): string => text.replaceAll("tasks[0].", "");
  const named = issues.map((issue) => ({ path: plain(issue.path), message: plain(issue.message) }));
  return new OctopusError(code, plain(message), { issues: named, cause });
}
