/** `octopus plugins` and `octopus plugins ls`. */
import { pluginColumns } from "../../view/plugins.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { items, problems } = await (await context.client()).plugins();
  const code = printAll(context, items, {
    columns: pluginColumns(Date.now()),
    name: ({ name }) => name,
    none: "there are no plugins: `octopus plugins new report.py` begins one, `octopus plugins add report.py` adds it",
  });
  for (const { file, problem, plugin } of problems)
    if (items.every(({ name }) => name !== plugin)) context.out.warn(`${file}: ${problem}`);
  return code;
}
