/** `octopus quota set OWNER`. The server takes quotas whole; what is not named is taken from the one that is there. */
import { DURATION_FORM, parseDuration } from "../../base/duration.ts";
import type { QuotaSubmission } from "../../protocol/arm.ts";
import { quotaColumns } from "../../view/limits.ts";
import { renderTable } from "../../view/table.ts";
import { periodOf } from "../asks.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { textOf, usage, wholeOf } from "../read.ts";
import { changeOf } from "../settings-text.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const owner = args[0]!;
  const concurrent = changeOf(options, "concurrent", () => wholeOf(options, "concurrent", 1, 1_000_000));
  const tasks = changeOf(options, "tasks", () => tasksOf(textOf(options, "tasks")));
  const cpu = changeOf(options, "cpu", () => cpuOf(textOf(options, "cpu")));
  if (concurrent === undefined && tasks === undefined && cpu === undefined)
    throw usage("say what the owner may use: --concurrent 4, --tasks 1000/1d, --cpu 2h/1d");
  const client = await context.client();
  const before = (await client.quotas()).find((quota) => quota.owner === owner);
  const quota = given({
    concurrent: concurrent === undefined ? before?.concurrent : concurrent,
    tasks: tasks === undefined ? before?.tasks && { limit: before.tasks.limit, per: before.tasks.perMs } : tasks,
    cpu: cpu === undefined ? before?.cpu && { limit: before.cpu.limitMs, per: before.cpu.perMs } : cpu,
  });
  const view = await client.setQuota(owner, quota);
  out.answer(view, {
    table: () => renderTable(quotaColumns(Date.now()), [view], { paint: out.paint, columns: out.columns }),
    quiet: () => view.owner,
  });
  return EXIT.ok;
}

function given(quota: Record<string, unknown>): QuotaSubmission {
  return Object.fromEntries(Object.entries(quota).filter(([, value]) => value !== undefined && value !== null));
}

function tasksOf(text: string | undefined): { limit: number; per: string } | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+)\/(.+)$/.exec(text);
  const per = match === null ? undefined : periodOf(match[2]!);
  if (match === null || per === undefined)
    throw usage(`--tasks must be a number and a time, such as 1000/1d, not ${JSON.stringify(text)}`);
  return { limit: Number(match[1]), per };
}

function cpuOf(text: string | undefined): { limit: string; per: string } | undefined {
  if (text === undefined) return undefined;
  const [limit, time, ...more] = text.split("/");
  const per = time === undefined ? undefined : periodOf(time);
  if (limit === undefined || parseDuration(limit) === undefined || per === undefined || more.length > 0)
    throw usage(`--cpu must be CPU time per time, such as 2h/1d (each ${DURATION_FORM}), not ${JSON.stringify(text)}`);
  return { limit, per };
}
