/** Where `run` runs a workflow: on a server, or in this process. The same few calls for both. */
import { OctopusError } from "../base/errors.ts";
import { type Client, watchRun } from "../client/mod.ts";
import type { LogLine, TaskView } from "../protocol/views.ts";
import type { RunDetail, RunView } from "../protocol/run-views.ts";
import type { RunAccepted, RunSubmission } from "../protocol/workflow.ts";
import type { TaskState } from "../base/words.ts";
import type { Context } from "./context.ts";

/** Runs inside a run that are asked for at once. */
export const NESTED_MAX = 100;

export interface RunSource {
  /** For people: where it runs. */
  readonly place: string;
  submit(run: RunSubmission): Promise<RunAccepted>;
  run(id: string): Promise<RunDetail>;
  /** Runs inside a run. */
  runsIn(parent: string): Promise<RunView[]>;
  tasks(filter: { run?: string; inside?: string; state: TaskState[]; limit: number }): Promise<TaskView[]>;
  /** One sentence on why a task waits. */
  explain(task: string): Promise<string>;
  /** Pictures of the run until it has ended. */
  watch(id: string, signal: AbortSignal): AsyncIterable<RunDetail>;
  cancel(id: string, reason: string): Promise<unknown>;
  logs(task: string): AsyncIterable<LogLine>;
  close(): Promise<void>;
}

/**
 * The server, when one was named or answers at the default address; else this process. A server that was named and does
 * not answer is an error: running somewhere else instead would hide it.
 */
export async function openRunSource(context: Context): Promise<RunSource> {
  const { config, origins } = await context.settings();
  const client = await context.client();
  const wasNamed = ["server.url", "namespace", "server.port", "server.host"].some(
    (key) => origins.get(key)?.kind !== "default",
  );
  const asksLocal = origins.get("data.dir")?.kind === "flag" && !wasNamed;
  if (asksLocal) return openLocal(context);
  try {
    await client.version();
    return remote(client);
  } catch (error) {
    const isAbsent = error instanceof OctopusError && error.code === "unreachable";
    if (!isAbsent || wasNamed || context.options["detach"] === true) throw error;
    context.out.note(`no server at ${config.server.url}: running here, on ${config.data.dir}`);
    return openLocal(context);
  }
}

async function openLocal(context: Context): Promise<RunSource> {
  const { openLocalSource } = await import("./run-local.ts");
  const { config, origins } = await context.settings();
  // What happens inside is told by the picture of the run; only what goes wrong is worth a line beside it.
  const isQuiet = origins.get("log.level")?.kind === "default";
  return openLocalSource(isQuiet ? { ...config, log: { ...config.log, level: "warn" } } : config);
}

/** A run that is on a server already. */
export function remote(client: Client): RunSource {
  return {
    place: client.url,
    submit: (run) => client.submitRun(run),
    run: (id) => client.run(id),
    runsIn: async (parent) => (await client.runs({ parent, limit: NESTED_MAX })).items,
    tasks: async (filter) => (await client.tasks(filter)).items,
    explain: async (task) => (await client.explain(task)).summary,
    watch: (id, signal) => watchRun(client, id, signal),
    cancel: (id, reason) => client.cancelRun(id, reason),
    logs: (task) => client.logs(task),
    close: async () => undefined,
  };
}
