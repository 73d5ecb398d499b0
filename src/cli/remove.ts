/** Removes what the arguments name, one after the other. */
import type { Client } from "../client/mod.ts";
import type { Context } from "./context.ts";
import { forEachWord } from "./each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "./exit-codes.ts";

export async function removeEach(
  context: Context,
  remove: (client: Client, name: string) => Promise<void>,
): Promise<ExitCode> {
  const client = await context.client();
  const { done, errors } = await forEachWord(context, context.args, async (name) => {
    await remove(client, name);
    return name;
  });
  context.out.answer(
    { removed: done },
    { table: () => done.map((name) => `${name}  removed`).join("\n"), quiet: () => done.join("\n") },
  );
  return gravest(errors.map(exitCodeOfError));
}
