/** `octopus namespace`: those that there are. */
import { deletedNamespaceColumns, namespaceColumns } from "../../view/namespaces.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  if (context.options["deleted"] === true) return printDeleted(context);
  const namespaces = await (await context.mainClient()).namespaces();
  return printAll(context, namespaces, {
    columns: namespaceColumns(namespaces, Date.now()),
    name: ({ name }) => name,
    none: "",
  });
}

async function printDeleted(context: Context): Promise<ExitCode> {
  const deleted = await (await context.mainClient()).deletedNamespaces();
  return printAll(context, deleted, {
    columns: deletedNamespaceColumns(Date.now()),
    name: ({ id }) => id,
    none: "nothing is kept of a deleted namespace",
  });
}
