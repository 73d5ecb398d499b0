/** `octopus ls`: tasks, or runs with `--runs`. */
import { RUN_STATES, TASK_STATES } from "../../base/words.ts";
import type { Page } from "../../protocol/views.ts";
import { type Column, renderTable } from "../../view/table.ts";
import { runColumns, taskColumns } from "../../view/tasks.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { listOf, textOf, usage, wholeOf, wordsOf } from "../read.ts";

const LIMIT = 20;
const LIMIT_MAX = 100_000;
/** Most that is asked for at once. */
const PAGE = 500;

export async function run(context: Context): Promise<ExitCode> {
  const { options } = context;
  const states = listOf(options, "state");
  if (options["runs"] !== true) {
    const client = await context.client();
    const filter = {
      state: wordsOf(states, TASK_STATES, "state"),
      type: textOf(options, "type"),
      arm: textOf(options, "arm"),
      tag: textOf(options, "tag"),
      run: textOf(options, "run"),
      q: textOf(options, "query"),
    };
    return list(context, (page) => client.tasks({ ...filter, ...page }), taskColumns(Date.now()));
  }
  const other = ["type", "arm", "tag", "run", "query"].find((name) => options[name] !== undefined);
  if (other !== undefined) throw usage(`--${other} is about tasks, and --runs lists runs: leave one of the two out`);
  const client = await context.client();
  const state = wordsOf(states, RUN_STATES, "state");
  return list(context, (page) => client.runs({ state, ...page }), runColumns(Date.now()));
}

async function list<T extends { id: string }>(
  { options, out }: Context,
  ask: (page: { limit: number; cursor: string | undefined }) => Promise<Page<T>>,
  columns: Column<T>[],
): Promise<ExitCode> {
  const limit = wholeOf(options, "limit", 1, LIMIT_MAX) ?? LIMIT;
  const items: T[] = [];
  let next: string | undefined;
  do {
    const page = await ask({ limit: Math.min(PAGE, limit - items.length), cursor: next });
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined && items.length < limit);
  out.answer(
    { items, ...(next !== undefined && { next }) },
    {
      table: () => (items.length === 0 ? "" : renderTable(columns, items, { paint: out.paint, columns: out.columns })),
      quiet: () => items.map(({ id }) => id).join("\n"),
    },
  );
  if (items.length === 0) out.note("nothing matches");
  else if (next !== undefined) out.note(`the newest ${items.length}; --limit shows more`);
  return EXIT.ok;
}
