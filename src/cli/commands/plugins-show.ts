/** `octopus plugins show NAME`. */
import { pluginText } from "../../view/plugins.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ args, out, client: open }: Context): Promise<ExitCode> {
  const plugin = await (await open()).plugin(args[0]!);
  out.answer(plugin, { table: () => pluginText(plugin, out, Date.now()), quiet: () => String(plugin.version) });
  return EXIT.ok;
}
