/** `octopus cluster members`. */
import { memberColumns } from "../../view/cluster.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { members } = await (await context.client()).cluster();
  return printAll(context, members, {
    columns: memberColumns(Date.now()),
    name: ({ server }) => server,
    none: "no server has said anything of itself yet",
  });
}
