/** `octopus status`. */
import { formatDuration, formatSize } from "../../base/duration.ts";
import { renderFacts, renderTable } from "../../view/table.ts";
import { armColumns, countsText, workerColumns } from "../../view/tasks.ts";
import { relative } from "../../view/time.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out } = context;
  const client = await context.client();
  const status = await client.status();
  const now = Date.now();
  const look = { paint: out.paint, columns: out.columns };
  out.answer(status, {
    table: () => {
      const facts = renderFacts(
        [
          [
            "server",
            `${client.url}  ${status.state}, version ${status.version}, up ${formatDuration(now - Date.parse(status.startedAt))}`,
          ],
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
          ? "no worker is connected: start one with `octopus worker`"
          : renderTable(workerColumns(now), status.workers, look);
      const arms = status.arms.length === 0 ? undefined : renderTable(armColumns(now), status.arms, look);
      return [facts, workers, arms].filter((part) => part !== undefined).join("\n\n");
    },
    quiet: () => status.state,
  });
  return EXIT.ok;
}
