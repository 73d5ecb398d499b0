/** `octopus cluster repair`. */
import { mayGoOn } from "../ask.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const { name, reason } = await client.cluster();
  const why = reason === undefined ? "" : ` (${reason})`;
  if (!(await mayGoOn(context, `cluster ${name} goes on with what the servers have that are there now${why}`)))
    return EXIT.ok;
  const cluster = await client.repairCluster();
  context.out.answer(cluster, {
    table: () => `cluster ${name} goes on without them; \`octopus cluster\` shows who leads`,
    quiet: () => name,
  });
  return EXIT.ok;
}
