/** `octopus mark ID STATE`: says how a task has ended, whatever it did. */
import type { Json } from "../../base/words.ts";
import { clean } from "../../view/text.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { jsonOrText, textOf, wordsOf } from "../read.ts";
import { taskId } from "../target.ts";
import { ownName } from "./verdict.ts";

const STATES = ["succeeded", "failed", "skipped"] as const;

export async function run({ args, options, out, client: open }: Context): Promise<ExitCode> {
  const [state] = wordsOf([args[1]!], STATES, "state")!;
  const client = await open();
  const note = textOf(options, "note");
  const result = textOf(options, "result");
  const task = await client.markTask(await taskId(client, args[0]!), {
    state: state!,
    by: textOf(options, "by") ?? ownName(),
    ...(note !== undefined && { note }),
    ...(result !== undefined && { result: jsonOrText(result) as Json }),
  });
  out.answer(task, {
    table: () => `${task.id}  ${task.state}  ${clean(task.reason ?? "")}`.trimEnd(),
    quiet: () => task.id,
  });
  return EXIT.ok;
}
