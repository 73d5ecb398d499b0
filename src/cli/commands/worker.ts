/** `octopus worker`: a worker for a server. */
import { maskSecrets } from "../../config/entries.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { createLog } from "../../log.ts";
import { workerSettings } from "../../worker-settings.ts";
import { becomeWorker } from "../worker-process/become.ts";
import { findServer } from "../join/find-server.ts";
import { serve } from "../serve.ts";

export async function run({ out, settings, options }: Context): Promise<ExitCode> {
  const loaded = await settings();
  const { config } = loaded;
  const { how, ...server } = await findServer(loaded, options, (text) =>
    text.split("\n").forEach((line) => out.warn(line)),
  );
  const { name, slots } = config.worker;
  out.raw(`Octopus worker ${name} with ${slots} slots for ${maskSecrets(server.urls[0]!)} (${how}); Ctrl-C stops it\n`);
  const worker = workerSettings(config, server);
  becomeWorker(worker);
  const { startWorkerProcess } = await import("../../worker/process.ts");
  return serve(await startWorkerProcess(worker, createLog(config.log)));
}
