/** `octopus quota`: what owners may use, and have used. */
import { quotaColumns } from "../../view/limits.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  return printAll(context, await client.quotas(), {
    columns: quotaColumns(Date.now()),
    name: ({ owner }) => owner,
    none: "no owner has a quota: octopus quota set OWNER --concurrent 4",
  });
}
