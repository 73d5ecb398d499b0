/** `octopus server`: a server without a worker. */
import { entriesOf } from "../../config/entries.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { dashboardText } from "../dashboard-text.ts";
import { firstText, trustFacts } from "../first-tokens.ts";
import { loadNode } from "../node-port.ts";
import { serve, starting } from "../serve.ts";

export async function run({ out, settings }: Context): Promise<ExitCode> {
  const loaded = await settings();
  const { config } = loaded;
  const { startServer } = loadNode();
  const running = await starting((given) => startServer(config, { ...given, settings: () => entriesOf(loaded) }));
  if (running === undefined) return EXIT.ok;
  out.raw(`Octopus server at ${running.url ?? config.server.url}, data in ${config.data.dir}; Ctrl-C stops it\n`);
  for (const [name, value] of trustFacts(running)) out.raw(`${name}: ${value}\n`);
  out.raw(`${firstText(running)}${dashboardText(running, config, out.paint)}`);
  return serve(running);
}
