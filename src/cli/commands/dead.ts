/** `octopus dead`: dead letters, the newest first. */
import { deadColumns } from "../../view/tasks.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { filterOf } from "../filter-options.ts";
import { printPages } from "../list.ts";
import { withNames } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const now = Date.now();
  const filter = { ...filterOf(context.options, now), dead: true } as const;
  const client = await context.client();
  const named = await withNames(client, filter);
  return printPages(context, (page) => client.tasks({ ...named, ...page }), {
    columns: deadColumns(now),
    name: ({ id }) => id,
    none: "no dead letter",
  });
}
