/** Runs a workflow in this process: for `octopus run` where no server answers. */
import { OctopusError } from "../base/errors.ts";
import { isRunEnded, spacingAfter } from "../client/mod.ts";
import type { Config } from "../config/schema.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { type LocalOctopus, loadNode } from "./node-port.ts";
import { NESTED_MAX, type RunSource } from "./run-source.ts";

const LOG_PAGE = 1000;

export async function openLocalSource(config: Config): Promise<RunSource> {
  const { openOctopus } = loadNode();
  const octopus = await openOctopus({ config });
  return {
    place: config.data.dir,
    submit: (run) => octopus.submitRun(run),
    async run(id) {
      const run = octopus.run(id);
      if (run === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
      return run;
    },
    runsIn: async (parent) => octopus.runs({ parent, limit: NESTED_MAX }).items,
    tasks: async (filter) => octopus.tasks(filter).items,
    explain: async (task) => octopus.explain(task)?.summary ?? "",
    watch: (id, signal) => watch(octopus, id, signal),
    cancel: (id, reason) => octopus.cancelRun(id, reason),
    async *logs(task) {
      for (let after = 0; ;) {
        const lines = octopus.logs(task, { after, limit: LOG_PAGE }) ?? [];
        yield* lines;
        if (lines.length < LOG_PAGE) return;
        after = lines.at(-1)!.n;
      }
    },
    close: () => octopus.close(),
  };
}

async function* watch(octopus: LocalOctopus, id: string, signal: AbortSignal): AsyncGenerator<RunDetail> {
  let wake = (): void => undefined;
  let hasChanged = false;
  let isOver = false;
  let isSpaced = false;
  const stop = octopus.subscribe(undefined, (entries) => {
    hasChanged = true;
    isOver ||= entries.some(({ event }) => event.type === "run" && event.id === id && isRunEnded(event.state));
    if (isOver || isSpaced) wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    for (;;) {
      hasChanged = false;
      isOver = false;
      isSpaced = false;
      const started = performance.now();
      const run = octopus.run(id);
      if (run === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
      const took = performance.now() - started;
      yield run;
      if (isRunEnded(run.state)) return;
      if (!isOver && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, spacingAfter(took));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isSpaced = true;
      if (!hasChanged && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) return;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    stop();
  }
}
