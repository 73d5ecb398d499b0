/** `octopus retry ID…`: another try for tasks; for runs, what has failed in them, all, one task, or one and what needs it. */
import type { Json } from "../../base/words.ts";
import type { TaskView } from "../../protocol/views.ts";
import type { RunView } from "../../protocol/run-views.ts";
import type { RunRetry } from "../../protocol/workflow.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { forEachTarget } from "../each.ts";
import { paramsFrom } from "../params.ts";
import { jsonOrText, textOf, usage } from "../read.ts";
import { remote } from "../run-source.ts";
import { watchToEnd } from "../run-watch.ts";
import { type Target, targetOf } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { options, out, args } = context;
  const retry = await retryOf(options);
  const client = await context.client();
  const text = textOf(options, "input");
  const change = text === undefined ? {} : { input: jsonOrText(text) as Json };
  if (options["watch"] === true && args.length > 1) throw usage("--watch shows one run: name one");
  const { done, errors } = await forEachTarget<TaskView | RunView>(context, async ({ kind, id }) => {
    if (kind === "run") {
      if (text !== undefined)
        throw usage(`--input is for one task, and ${id} is a run: name the task, such as ${id}/NAME`);
      return client.retryRun(id, retry);
    }
    const given = Object.keys(retry);
    if (given.length === 0) return client.retryTask(id, change);
    if (given.includes("task") || given.includes("from"))
      throw usage(`${id} is a task: --all, --failed and --task are for a run, such as r3`);
    const { run, name } = await client.task(id);
    if (run === undefined || name === undefined)
      throw usage(`${id} belongs to no run: --downstream, -p and --params-file are for tasks of runs`);
    return client.retryRun(run, { ...retry, task: name });
  });
  if (options["watch"] === true && errors.length === 0) return watch(context, done[0]!);
  out.answer(done, {
    table: () => done.map(({ id, state }) => `${id}  ${state}`).join("\n"),
    quiet: () => done.map(({ id }) => id).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}

/** What of a run is to be done again; empty when nothing was said of it. */
async function retryOf(options: Context["options"]): Promise<RunRetry> {
  const task = textOf(options, "task");
  const all = options["all"] === true;
  const failed = options["failed"] === true;
  if ([all, failed, task !== undefined].filter(Boolean).length > 1)
    throw usage("--all, --failed and --task do not go together: choose one");
  const downstream = options["downstream"] === true;
  if (downstream && (all || failed)) throw usage("--downstream goes with one task: --task NAME, or RUN/NAME");
  const params = await paramsFrom(options);
  return {
    ...(all && { from: "all" as const }),
    ...(failed && { from: "failed" as const }),
    ...(task !== undefined && { task }),
    ...(downstream && { downstream }),
    ...(params !== undefined && { params }),
  };
}

async function watch(context: Context, { id }: { id: string }): Promise<ExitCode> {
  const client = await context.client();
  const target: Target = await targetOf(client, id);
  const run = target.kind === "run" ? target.id : (await client.task(target.id)).run;
  if (run === undefined) throw usage(`${id} belongs to no run: octopus wait ${id}`);
  return watchToEnd(context, remote(client), run);
}
