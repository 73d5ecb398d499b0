/** `octopus worker`: a worker for a server. */
import { maskSecrets } from "../../config/entries.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { findServer } from "../join/find-server.ts";
import { serve } from "../serve.ts";

export async function run({ out, settings, options }: Context): Promise<ExitCode> {
  const loaded = await settings();
  const { config } = loaded;
  const { how, ...server } = await findServer(loaded, options, (text) => out.warn(text));
  const { startWorker } = await import("../../start-worker.ts");
  const running = await startWorker(config, server);
  const { name, slots } = config.worker;
  out.raw(`Octopus worker ${name} with ${slots} slots for ${maskSecrets(server.urls[0]!)} (${how}); Ctrl-C stops it\n`);
  return serve(running);
}
