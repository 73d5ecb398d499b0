/** `octopus mv ID… --arm NAME --priority N`. */
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { textOf, usage, wholeOf } from "../read.ts";
import { taskId } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const arm = textOf(options, "arm");
  const priority = wholeOf(options, "priority", 0, 10);
  if (arm === undefined && priority === undefined) throw usage("say where to: --arm NAME, --priority 0-10, or both");
  const change = { ...(arm !== undefined && { arm }), ...(priority !== undefined && { priority }) };
  const client = await context.client();
  const { done, errors } = await forEachWord(context, args, async (word) =>
    client.moveTask(await taskId(client, word), change),
  );
  out.answer(done, {
    table: () => done.map((task) => `${task.id}  ${task.state}  ${task.arm}, priority ${task.priority}`).join("\n"),
    quiet: () => done.map(({ id }) => id).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}
