/** `octopus workers show NAME`. */
import type { UsageHistory } from "../../protocol/worker-views.ts";
import { OctopusError } from "../../base/errors.ts";
import { workerText } from "../../view/workers.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { textOf } from "../read.ts";

export async function run({ args, options, out, client: open }: Context): Promise<ExitCode> {
  const client = await open();
  const worker = await client.worker(args[0]!);
  const span = textOf(options, "span") === "day" ? "day" : "hour";
  const usage = await client.workerUsage(worker.name, span).catch(orNothing);
  out.answer(
    { ...worker, ...(usage !== undefined && { history: usage }) },
    { table: () => workerText(worker, usage, out, Date.now()), quiet: () => worker.state },
  );
  return EXIT.ok;
}

/** It may have said nothing yet. */
function orNothing(error: unknown): UsageHistory | undefined {
  if (error instanceof OctopusError && error.code === "not_found") return undefined;
  throw error;
}
