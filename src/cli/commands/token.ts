/** `octopus token`: the tokens there are. */
import { tokenColumns } from "../../view/access.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  return printAll(context, await client.tokens(), {
    columns: tokenColumns(Date.now()),
    name: ({ id }) => id,
    none: "there are no tokens: octopus token create --name laptop --role admin",
  });
}
