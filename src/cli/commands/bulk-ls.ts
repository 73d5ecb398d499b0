/** `octopus bulk`: bulk actions, the newest first. */
import { bulkColumns } from "../../view/bulks.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  return printAll(context, await client.bulks(), {
    columns: bulkColumns(Date.now()),
    name: ({ id }) => id,
    none: "no bulk action was started: octopus bulk --help",
  });
}
