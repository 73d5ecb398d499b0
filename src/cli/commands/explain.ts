/** `octopus explain ID`. */
import { clean } from "../../view/text.ts";
import { relative } from "../../view/time.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { taskId } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const found = await client.explain(await taskId(client, context.args[0]!));
  const now = Date.now();
  context.out.answer(found, {
    table: () =>
      [
        `${found.id}  ${clean(found.summary)}`,
        // One reason alone is the summary.
        ...found.reasons
          .filter(({ message, until }) => message !== found.summary || until !== undefined)
          .map(
            ({ message, until }) => `  - ${clean(message)}${until === undefined ? "" : ` (${relative(until, now)})`}`,
          ),
      ].join("\n"),
    quiet: () => found.reasons.map(({ code }) => code).join("\n"),
  });
  return EXIT.ok;
}
