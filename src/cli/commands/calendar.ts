/** `octopus calendar`: calendars of days on which schedules rest. */
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  return printAll(context, await client.calendars(), {
    columns: [
      { title: "CALENDAR", cell: ({ name }) => name, max: 30 },
      { title: "USED BY", cell: ({ usedBy }) => usedBy.join(", "), max: 30 },
      { title: "DAYS", cell: ({ days }) => days.join(" "), max: 36 },
    ],
    name: ({ name }) => name,
    none: "there is no calendar: octopus calendar set holidays 12-25 12-26",
  });
}
