/** `octopus mv ID… --arm NAME --priority N --run-at WHEN | --now`. */
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { laterOf } from "../moments.ts";
import { textOf, usage, wholeOf } from "../read.ts";
import { taskId } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const arm = textOf(options, "arm");
  const priority = wholeOf(options, "priority", 0, 10);
  const later = laterOf(options, "runAt", Date.now());
  const isNow = options["now"] === true;
  if (isNow && later !== undefined) throw usage("--run-at and --now do not go together");
  const dueAt = isNow ? null : later;
  if (arm === undefined && priority === undefined && dueAt === undefined) {
    throw usage("say where to: --arm NAME, --priority 0-10, --run-at WHEN or --now");
  }
  const change = {
    ...(arm !== undefined && { arm }),
    ...(priority !== undefined && { priority }),
    ...(dueAt !== undefined && { dueAt }),
  };
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
