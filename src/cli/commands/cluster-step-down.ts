/** `octopus cluster step-down`. */
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ client, out }: Context): Promise<ExitCode> {
  const asked = await client();
  const before = await asked.cluster();
  const after = await asked.stepDown();
  const leader = after.leader === before.leader ? undefined : after.leader;
  out.answer(
    { before: before.leader, leader, term: after.term },
    {
      table: () =>
        `${before.leader ?? "nobody"} leads no more; ${leader ?? "another server"} does, or will in a moment`,
      quiet: () => leader ?? "",
    },
  );
  return EXIT.ok;
}
