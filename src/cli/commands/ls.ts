/** `octopus ls`: tasks, or runs with `--runs`. */
import { RUN_STATES } from "../../base/words.ts";
import { runColumns, taskColumns } from "../../view/tasks.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { FILTER_NAMES, filterOf } from "../filter-options.ts";
import { printPages } from "../list.ts";
import { listOf, textOf, usage, wordsOf } from "../read.ts";
import { withNames } from "../target.ts";

const none = "nothing matches";
const name = ({ id }: { id: string }): string => id;

export async function run(context: Context): Promise<ExitCode> {
  const { options } = context;
  const now = Date.now();
  if (options["runs"] !== true) {
    const workflow = textOf(options, "workflow");
    if (workflow !== undefined) throw usage("--workflow is about runs: say --runs, or --run r3 for the tasks of one");
    const filter = { ...filterOf(options, now), inside: textOf(options, "inside") };
    if (options["nested"] === true) throw usage("--nested is about runs: say --runs");
    const client = await context.client();
    const named = await withNames(client, filter);
    const columns = taskColumns(now);
    return printPages(context, (page) => client.tasks({ ...named, ...page }), { columns, name, none });
  }
  const other = [...FILTER_NAMES, "dead", "inside"].find((one) => options[one] !== undefined && one !== "schedule");
  if (other !== undefined) throw usage(`--${other} is about tasks, and --runs lists runs: leave one of the two out`);
  const client = await context.client();
  const state = wordsOf(listOf(options, "state"), RUN_STATES, "state");
  const schedule = textOf(options, "schedule");
  const workflow = textOf(options, "workflow");
  const filter = { state, schedule, workflow, top: options["nested"] !== true };
  const columns = runColumns(now);
  return printPages(context, (page) => client.runs({ ...filter, ...page }), { columns, name, none });
}
