/** `octopus workers waiting`. */
import { waitingColumns } from "../../view/workers.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const waiting = await client.waitingWorkers();
  const [first] = waiting;
  const code = printAll(context, waiting, {
    columns: waitingColumns(Date.now()),
    name: ({ name }) => name,
    none: "no worker waits to be let in",
  });
  if (first !== undefined)
    context.out.note(`when the key is what the worker prints: octopus workers approve ${first.name}`);
  return code;
}
