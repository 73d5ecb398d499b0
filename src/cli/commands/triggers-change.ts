/** `octopus triggers pause|resume NAME…`. */
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, out, spec } = context;
  const client = await context.client();
  const change = (name: string) => (spec.name === "pause" ? client.pauseTrigger(name) : client.resumeTrigger(name));
  const { done, errors } = await forEachWord(context, args, change);
  out.answer(done, {
    table: () => done.map(({ name, paused }) => `${name}  ${paused ? "paused" : "on"}`).join("\n"),
    quiet: () => done.map(({ name }) => name).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}
