/** `octopus namespace purge NAME`. */
import { asksFor } from "../ask.ts";
import type { Context } from "../context.ts";
import { deletedNamed } from "../deleted-namespace.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, out } = context;
  const client = await context.mainClient();
  const { id, deletedAt } = await deletedNamed(client, args[0]!);
  if (!(await asksFor(context, id, `what is kept of ${id}, deleted ${deletedAt}, goes for good`))) return EXIT.ok;
  await client.purgeNamespace(id);
  out.answer({ purged: id }, { table: () => `${id}  gone for good`, quiet: () => id });
  return EXIT.ok;
}
