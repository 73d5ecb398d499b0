/** `octopus up`: a server and a worker on this machine. */
import { renderFacts } from "../../view/table.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { firstText, trustFacts } from "../first-tokens.ts";
import { loadNode } from "../node-port.ts";
import { serve } from "../serve.ts";

export async function run({ options, out, settings }: Context): Promise<ExitCode> {
  const { config } = await settings();
  const { startUp } = await loadNode();
  const running = await startUp(config, { demo: options["demo"] !== false });
  const facts: [string, string][] = [
    ["Octopus", out.paint("bold", running.url ?? config.server.url)],
    ["data", config.data.dir],
    ["worker", `${config.worker.name}, ${config.worker.slots} slots`],
    ...trustFacts(running),
    ["stop", "Ctrl-C"],
  ];
  out.raw(`${renderFacts(facts, out.paint)}\n${firstText(running)}`);
  return serve(running);
}
