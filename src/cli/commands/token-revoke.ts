/** `octopus token revoke ID…`. */
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const { done, errors } = await forEachWord(context, context.args, (id) => client.revokeToken(id));
  context.out.answer(
    { items: done },
    {
      table: () => done.map(({ id, name }) => `${id}  ${name}  revoked`).join("\n"),
      quiet: () => done.map(({ id }) => id).join("\n"),
    },
  );
  return gravest(errors.map(exitCodeOfError));
}
