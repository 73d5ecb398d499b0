/** `octopus namespace undelete NAME`. */
import type { Context } from "../context.ts";
import { deletedNamed } from "../deleted-namespace.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const client = await context.mainClient();
  const deleted = await deletedNamed(client, args[0]!);
  const namespace = await client.undeleteNamespace(deleted.id, options["as"] as string | undefined);
  const { name } = namespace;
  out.answer(namespace, {
    table: () => `${name}  is back as it was when it was deleted, ${deleted.deletedAt}`,
    quiet: () => name,
  });
  return EXIT.ok;
}
