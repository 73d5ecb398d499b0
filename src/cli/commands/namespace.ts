/** `octopus namespace`: those that there are. */
import { namespaceColumns } from "../../view/namespaces.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const namespaces = await (await context.mainClient()).namespaces();
  return printAll(context, namespaces, {
    columns: namespaceColumns(namespaces, Date.now()),
    name: ({ name }) => name,
    none: "",
  });
}
