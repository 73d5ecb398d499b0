/** `octopus schedule`: schedules, the next one first. */
import { scheduleColumns } from "../../view/schedules.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const schedules = (await client.schedules(1)).toSorted(
    (a, b) => Number(a.paused) - Number(b.paused) || (a.nextAt ?? "~").localeCompare(b.nextAt ?? "~"),
  );
  return printAll(context, schedules, {
    columns: scheduleColumns(Date.now()),
    name: ({ name }) => name,
    none: "there is no schedule: octopus schedule add NAME --cron '30 2 * * *' -- COMMAND",
  });
}
