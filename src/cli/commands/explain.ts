/** `octopus explain ID`: why a task is not running, who is in its way, and when that changes. */
import type { Explanation } from "../../protocol/views.ts";
import { clean } from "../../view/text.ts";
import { until } from "../../view/time.ts";
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
          .map((reason) => ({ reason, more: detail(reason, now) }))
          .filter(({ reason, more }) => reason.message !== found.summary || more !== "")
          .map(({ reason, more }) => `  - ${clean(reason.message)}${more === "" ? "" : ` (${more})`}`),
      ].join("\n"),
    quiet: () => found.reasons.map(({ code }) => code).join("\n"),
  });
  return EXIT.ok;
}

/** The holder, where the sentence does not name it, and the time at which it changes. */
function detail({ message, about, until: at }: Explanation["reasons"][number], now: number): string {
  return [about === undefined || message.includes(about) ? "" : clean(about), until(at, now)]
    .filter(Boolean)
    .join("; ");
}
