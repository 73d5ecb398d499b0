/** `octopus worker`: a worker for a server. */
import { maskSecrets } from "../../config/entries.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { loadNode } from "../node-port.ts";
import { serve } from "../serve.ts";

export async function run({ out, settings }: Context): Promise<ExitCode> {
  const { config } = await settings();
  const { startWorker } = await loadNode();
  const running = await startWorker(config);
  out.raw(
    `Octopus worker ${config.worker.name} with ${config.worker.slots} slots for ${maskSecrets(config.server.url)}; Ctrl-C stops it\n`,
  );
  return serve(running);
}
