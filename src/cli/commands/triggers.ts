/** `octopus triggers` and `octopus triggers ls`. */
import { triggerColumns } from "../../view/triggers.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const items = await (await context.client()).triggers();
  return printAll(context, items, {
    columns: triggerColumns(Date.now()),
    name: ({ name }) => name,
    none: "there are no triggers: `triggers` in the server's configuration makes them",
  });
}
