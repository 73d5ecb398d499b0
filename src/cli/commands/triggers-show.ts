/** `octopus triggers show NAME`. */
import { triggerText } from "../../view/triggers.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ args, out, client: open }: Context): Promise<ExitCode> {
  const trigger = await (await open()).trigger(args[0]!);
  out.answer(trigger, { table: () => triggerText(trigger, out.paint, Date.now()), quiet: () => trigger.name });
  return EXIT.ok;
}
