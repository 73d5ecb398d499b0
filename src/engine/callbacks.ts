/**
 * Makes the tasks that tell of what became of others. Core notes what is due in the batch in which it happened; here it is
 * turned into submissions, after that batch is durable, and again after every start for what was not sent by then.
 */
import type { NewTask } from "../core/command.ts";
import type { Due } from "../core/flow/flow.ts";
import type { State } from "../core/state.ts";
import type { CallbackSpec } from "../protocol/callbacks.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import type { Json } from "../base/words.ts";
import { isOnWorkers, showWorkers } from "./graph/workers-view.ts";
import { newsOf } from "./news.ts";
import type { Clock, Library, Log } from "./ports.ts";
import { CALLBACK_CALLER } from "./policy.ts";
import { routeTasks } from "./routing.ts";
import { lookUpCache, type Preparation, prepareTasks } from "./submission.ts";
import type { Turns } from "./turns.ts";

export interface CallbacksOptions {
  clock: Clock;
  library: Library;
  log: Log;
  preparation: Preparation;
}

export class Callbacks {
  readonly #options: CallbacksOptions;
  readonly #turns: Turns;

  constructor(options: CallbacksOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  /** After a start or a recovery: what was due by then. */
  resume(): void {
    for (const due of this.#turns.state.flow.dues.keys()) this.send(due);
  }

  /** The callback is due, and that is durable. Should this fail, `resume` comes back to it. */
  send(due: number): void {
    this.#turns.push({
      command: (state) => {
        const entry = state.flow.dues.get(due);
        if (entry === undefined) return undefined;
        try {
          const tasks = this.#tasks(due, entry, state);
          const reason = tasks.length === 0 ? "the task has no callback for this" : undefined;
          return { type: "SendCallback", due, tasks, reason };
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#options.log.warn({ task: entry.task, on: entry.on }, `a callback could not be made: ${reason}`);
          return { type: "SendCallback", due, tasks: [], reason };
        }
      },
    });
  }

  #tasks(due: number, { task, on, state, attempt }: Due, world: State): NewTask[] {
    const { library, preparation, clock } = this.#options;
    const specs = JSON.parse(library.callbacksOf(task) ?? "[]") as CallbackSpec[];
    const wanted = specs.filter((callback) => callback.on === on);
    const view = library.task(task);
    if (wanted.length === 0 || view === undefined) return [];
    const now = clock.now();
    if (isOnWorkers(view)) showWorkers(view, task, library, { state: world, now });
    const news = newsOf(view, { id: `d${due}`, on, state, attempt, now });
    // An arm that was there at the submission may be gone by now; the news still have to go out.
    const ready = wanted.map((callback) => withArm(withNews(callback, news), world));
    const tasks = prepareTasks(ready, preparation, false);
    routeTasks(tasks, ready, world, preparation, { by: CALLBACK_CALLER });
    lookUpCache(tasks, library, now);
    const origin = { type: "callback", task, on } as const;
    return tasks.map((made) => ({ ...made, asks: { ...made.asks, origin } }));
  }
}

function withArm(spec: TaskSpec, state: State): TaskSpec {
  return spec.arm === undefined || state.arms.has(spec.arm) ? spec : { ...spec, arm: undefined };
}

/** The same work with more variables. */
function withEnv(work: Work, more: Record<string, string>): Work {
  switch (work.kind) {
    case "shell":
      return { ...work, shell: { ...work.shell, env: { ...work.shell.env, ...more } } };
    case "docker":
      return { ...work, docker: { ...work.docker, env: { ...work.docker.env, ...more } } };
    case "plugin":
      return { ...work, plugin: { ...work.plugin, env: { ...work.plugin.env, ...more } } };
    case "wasm":
      return { ...work, wasm: { ...work.wasm, env: { ...work.wasm.env, ...more } } };
    default:
      return work;
  }
}

/** The task with the news where it wants them. */
function withNews({ task, news: place }: Pick<CallbackSpec, "task" | "news">, news: Json): TaskSpec {
  const { work } = task;
  if (work.kind === "each") {
    const each = { ...work.each, task: withNews({ task: work.each.task, news: place }, news) };
    return { ...task, work: { kind: "each", each } };
  }
  if (place === "body" && work.kind === "http")
    return { ...task, work: { ...work, http: { ...work.http, body: news } } };
  if (place === "input" && work.kind === "call") return { ...task, work: { ...work, input: news } };
  if (place !== "env") return task;
  const event = { OCTOPUS_EVENT: JSON.stringify(news) };
  return { ...task, work: withEnv(work, event) };
}
