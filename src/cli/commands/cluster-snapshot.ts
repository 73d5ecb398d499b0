/** `octopus cluster snapshot`. */
import { formatSize } from "../../base/duration.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ client, out }: Context): Promise<ExitCode> {
  const snapshot = await (await client()).snapshot();
  out.answer(snapshot, {
    table: () => `record ${snapshot.seq}  ${formatSize(snapshot.bytes)}`,
    quiet: () => String(snapshot.seq),
  });
  return EXIT.ok;
}
