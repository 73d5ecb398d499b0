/** `octopus up`: a server and a worker on this machine. */
import { entriesOf } from "../../config/entries.ts";
import { renderFacts } from "../../view/table.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { dashboardText } from "../dashboard-text.ts";
import { firstText, trustFacts } from "../first-tokens.ts";
import { loadNode } from "../node-port.ts";
import { serve, starting } from "../serve.ts";

export async function run({ options, out, settings }: Context): Promise<ExitCode> {
  const loaded = await settings();
  const { config } = loaded;
  const { startUp } = loadNode();
  const demo = options["demo"] !== false;
  const running = await starting((given) => startUp(config, { ...given, demo, settings: () => entriesOf(loaded) }));
  if (running === undefined) return EXIT.ok;
  const facts: [string, string][] = [
    ["Octopus", out.paint("bold", running.url ?? config.server.url)],
    ["data", config.data.dir],
    ["worker", `${config.worker.name}, ${config.worker.slots} slots`],
    ...trustFacts(running),
    ["stop", "Ctrl-C"],
  ];
  out.raw(`${renderFacts(facts, out.paint)}\n${firstText(running)}${dashboardText(running, config, out.paint)}`);
  return serve(running);
}
