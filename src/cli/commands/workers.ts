/** `octopus workers` and `octopus workers ls`. */
import { WORKER_STATES } from "../../base/words.ts";
import { workerColumns } from "../../view/workers.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";
import { listOf, textOf, wordsOf } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { options } = context;
  const client = await context.client();
  const state = wordsOf(listOf(options, "state"), WORKER_STATES, "state");
  const labels = textOf(options, "labels");
  const workers = await client.workers({ ...(state && { state }), ...(labels !== undefined && { labels }) });
  const isAll = state === undefined && labels === undefined;
  return printAll(context, workers, {
    columns: workerColumns(Date.now()),
    name: ({ name }) => name,
    none: isAll ? "no worker was ever here: start one with `octopus worker`" : "no worker is like that",
  });
}
