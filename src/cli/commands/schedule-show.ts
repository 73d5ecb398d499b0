/** `octopus schedule show NAME`: the schedule, its next ticks, and what became of the last ones. */
import { scheduleText, tickColumns } from "../../view/schedules.ts";
import { renderTable } from "../../view/table.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

const TICKS = 5;

export async function run({ args, out, client: open }: Context): Promise<ExitCode> {
  const client = await open();
  const schedule = await client.schedule(args[0]!);
  const { items: ticks } = await client.ticks(schedule.name, { limit: TICKS });
  const now = Date.now();
  out.answer(
    { ...schedule, ticks },
    {
      table: () => {
        const text = scheduleText({ ...schedule, results: ticks }, out, now);
        if (ticks.length === 0) return text;
        return `${text}\n\n${renderTable(tickColumns(now, schedule.zone), ticks, { paint: out.paint, columns: out.columns })}`;
      },
      quiet: () => schedule.nextAt ?? "",
    },
  );
  return EXIT.ok;
}
