/** `octopus status`. */
import { namespaceOfUrl } from "../../base/namespace-url.ts";
import { formatDuration, formatSize } from "../../base/duration.ts";
import { renderFacts, renderTable } from "../../view/table.ts";
import { armColumns } from "../../view/limits.ts";
import { countsText } from "../../view/tasks.ts";
import { scheduleColumns } from "../../view/schedules.ts";
import { relative } from "../../view/time.ts";
import { workerColumns } from "../../view/workers.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";

/** Schedules to come that are shown. */
const NEXT_SHOWN = 5;

export async function run(context: Context): Promise<ExitCode> {
  const { out } = context;
  const client = await context.client();
  const [status, schedules] = await Promise.all([client.status(), client.schedules(1)]);
  const coming = schedules
    .filter(({ nextAt, paused }) => nextAt !== undefined && !paused)
    .toSorted((a, b) => a.nextAt!.localeCompare(b.nextAt!));
  const now = Date.now();
  const look = { paint: out.paint, columns: out.columns };
  out.answer(
    { ...status, schedules: coming },
    {
      table: () => {
        const facts = renderFacts(
          [
            [
              "server",
              `${client.url}  ${status.state}, version ${status.version}, up ${formatDuration(now - Date.parse(status.startedAt))}`,
            ],
            ["namespace", namespaceOfUrl(client.url) ?? "default"],
            ["data", `${status.dataDir}  ${formatSize(status.databaseBytes)}`],
            ["memory", formatSize(status.rssBytes)],
            ["tasks", countsText(status.counts) || "none"],
            ["runs", countsText(status.runs)],
            ["oldest queued", relative(status.oldestQueuedAt, now)],
          ],
          out.paint,
        );
        const workers =
          status.workers.length === 0
            ? out.advice("no worker is connected: start one with `octopus worker`")
            : renderTable(workerColumns(now), status.workers, look);
        // Arms in which nothing has happened would fill the screen; `octopus arms` shows them all.
        const lively = status.arms.filter(
          (arm) => arm.active + arm.queued + arm.waiting + arm.processed > 0 || !arm.enabled || arm.draining,
        );
        const arms = lively.length === 0 ? undefined : renderTable(armColumns(now), lively, look);
        const next =
          coming.length === 0 ? undefined : renderTable(scheduleColumns(now), coming.slice(0, NEXT_SHOWN), look);
        const rest =
          coming.length > NEXT_SHOWN ? `… and ${coming.length - NEXT_SHOWN} more: octopus schedule` : undefined;
        return [facts, workers, arms, [next, rest].filter((part) => part !== undefined).join("\n") || undefined]
          .filter((part) => part !== undefined)
          .join("\n\n");
      },
      quiet: () => status.state,
    },
  );
  return EXIT.ok;
}
