/** `octopus workflows`: registered workflows. */
import { workflowColumns } from "../../view/workflows.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const columns = workflowColumns(Date.now());
  const none = "no workflow is registered: octopus apply FILE";
  return printAll(context, await client.workflows(), { columns, name: ({ name }) => name, none });
}
