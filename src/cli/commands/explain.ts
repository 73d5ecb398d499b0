/** `octopus explain ID`: why a task is not running, who is in its way, and when that changes. */
import type { Explanation } from "../../protocol/views.ts";
import { clean } from "../../view/text.ts";
import { moment, relative, until } from "../../view/time.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { taskId } from "../target.ts";

type Reason = Explanation["reasons"][number];

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const found = await client.explain(await taskId(client, context.args[0]!));
  const now = Date.now();
  context.out.answer(found, {
    table: () => explanationText(found, now),
    quiet: () => found.reasons.map(({ code }) => code).join("\n"),
  });
  return EXIT.ok;
}

/** The first reason in the first line, where it is the summary; the others below it. */
function explanationText({ id, summary, reasons }: Explanation, now: number): string {
  const [first, ...others] = reasons;
  if (first === undefined || !summary.includes(first.message))
    return [`${id}  ${clean(summary)}`, ...list(reasons, now)].join("\n");
  const isWhole = summary.startsWith(first.message);
  return [`${id}  ${isWhole ? sentence(first, now) : clean(summary)}`, ...list(others, now)].join("\n");
}

function list(reasons: readonly Reason[], now: number): string[] {
  return reasons.map((reason) => `  - ${sentence(reason, now)}`);
}

/** What is said, with the holder where the words do not name it, and the time at which it changes. */
function sentence({ code, message, about, until: at }: Reason, now: number): string {
  const who = about === undefined || message.includes(about) ? "" : clean(about);
  const when =
    at === undefined ? "" : code === "expires" ? `at ${moment(at, now)}, ${relative(at, now)}` : until(at, now);
  const more = [who, when].filter(Boolean).join("; ");
  return `${clean(message)}${more === "" ? "" : ` (${more})`}`;
}
