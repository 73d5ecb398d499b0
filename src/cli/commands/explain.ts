/** `octopus explain ID`: why a task is where it is, who is in its way, and when that changes; of a run, of all its tasks. */
import { explanationText, runExplanationText } from "../../view/explanations.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { targetOf } from "../target.ts";

export async function run({ args, out, client: open }: Context): Promise<ExitCode> {
  const client = await open();
  const { kind, id } = await targetOf(client, args[0]!);
  const now = Date.now();
  if (kind === "run") {
    const found = await client.explainRun(id);
    out.answer(found, {
      table: () => out.advice(runExplanationText(found, out, now)),
      quiet: () => found.groups.map(({ code }) => code).join("\n"),
    });
  } else {
    const found = await client.explain(id);
    out.answer(found, {
      table: () => out.advice(explanationText(found, now)),
      quiet: () => found.reasons.map(({ code }) => code).join("\n"),
    });
  }
  return EXIT.ok;
}
