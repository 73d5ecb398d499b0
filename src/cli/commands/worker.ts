/** `octopus worker`: a worker for a server. */
import { maskSecrets } from "../../config/entries.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { createLog } from "../../root/log.ts";
import { workerSettings } from "../../root/worker-settings.ts";
import type { WorkerSettings } from "../../worker/settings.ts";
import { becomeWorker } from "../worker-process/become.ts";
import { findServer } from "../join/find-server.ts";
import { overNats } from "../join/over-nats.ts";
import { serve } from "../serve.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { config } = await context.settings();
  const { worker, where } = await settingsOf(context);
  const { name, slots } = config.worker;
  context.out.raw(`Octopus worker ${name} with ${slots} slots for ${where}; Ctrl-C stops it\n`);
  becomeWorker(worker);
  const { startWorkerProcess } = await import("../../worker/process.ts");
  return serve(await startWorkerProcess(worker, createLog(config.log)));
}

/** What its process is told, and where its server is, for a person. */
async function settingsOf({ out, settings, options }: Context): Promise<{ worker: WorkerSettings; where: string }> {
  const loaded = await settings();
  const nats = overNats(loaded, options);
  if (nats !== undefined) {
    const { cluster, servers } = nats.nats;
    return {
      worker: workerSettings(loaded.config, nats),
      where: `cluster ${cluster} over NATS at ${servers.map(maskSecrets).join(", ")}`,
    };
  }
  const { how, ...server } = await findServer(loaded, options, (text) =>
    text.split("\n").forEach((line) => out.warn(line)),
  );
  return { worker: workerSettings(loaded.config, server), where: `${maskSecrets(server.urls[0]!)} (${how})` };
}
