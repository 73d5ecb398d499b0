/** `octopus pools`: how many workers each pool has and should have, and why. */
import { poolColumns } from "../../view/pools.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  return printAll(context, await client.pools(), {
    columns: poolColumns(Date.now()),
    name: ({ name }) => name,
    none: "the server has no pools of workers: they stand in its configuration, see docs/operate/scaling.md",
  });
}
