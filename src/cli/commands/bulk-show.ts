/** `octopus bulk show ID` and `octopus bulk stop ID`. */
import { bulkColumns } from "../../view/bulks.ts";
import { renderTable } from "../../view/table.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ args, out, client: open, spec }: Context): Promise<ExitCode> {
  const client = await open();
  const bulk = spec.name === "stop" ? await client.cancelBulk(args[0]!) : await client.bulk(args[0]!);
  out.answer(bulk, {
    table: () => renderTable(bulkColumns(Date.now()), [bulk], { paint: out.paint, columns: out.columns }),
    quiet: () => bulk.state,
  });
  return EXIT.ok;
}
