/** `octopus namespace delete NAME`. */
import { asksFor } from "../ask.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const name = args[0]!;
  const client = await context.mainClient();
  // Whoever has mistyped it is not asked first.
  await client.namespace(name);
  if (!(await asksFor(context, name, `the namespace ${name} is deleted with everything in it`))) return EXIT.ok;
  await client.deleteNamespace(name, { force: options["force"] === true });
  out.answer({ deleted: name }, { table: () => `${name}  deleted`, quiet: () => name });
  return EXIT.ok;
}
