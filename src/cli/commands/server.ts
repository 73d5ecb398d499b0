/** `octopus server`: a server without a worker. */
import type { ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { firstText, trustFacts } from "../first-tokens.ts";
import { loadNode } from "../node-port.ts";
import { serve } from "../serve.ts";

export async function run({ out, settings }: Context): Promise<ExitCode> {
  const { config } = await settings();
  const { startServer } = await loadNode();
  const running = await startServer(config);
  out.raw(`Octopus server at ${running.url ?? config.server.url}, data in ${config.data.dir}; Ctrl-C stops it\n`);
  for (const [name, value] of trustFacts(running)) out.raw(`${name}: ${value}\n`);
  out.raw(firstText(running));
  return serve(running);
}
