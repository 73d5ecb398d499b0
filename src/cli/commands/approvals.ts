/** `octopus approvals`: tasks that wait for a person. */
import { approvalColumns } from "../../view/workflows.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printPages } from "../list.ts";
import { textOf } from "../read.ts";
import { withNames } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const { run } = await withNames(client, { run: textOf(context.options, "run") });
  return printPages(context, (page) => client.tasks({ awaiting: "approval", run, ...page }), {
    columns: approvalColumns(Date.now()),
    name: ({ id }) => id,
    none: "nothing waits for a person",
  });
}
