/** `octopus schedule ticks NAME`: what became of its ticks, the newest first. */
import { tickColumns } from "../../view/schedules.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printPages } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const { name, zone } = await client.schedule(context.args[0]!);
  return printPages(context, (page) => client.ticks(name, page), {
    columns: tickColumns(Date.now(), zone),
    name: ({ tick }) => tick,
    none: `${name} has had no tick yet`,
  });
}
