/** `octopus cancel ID…`. */
import type { TaskView } from "../../protocol/views.ts";
import type { RunView } from "../../protocol/run-views.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { forEachTarget } from "../each.ts";
import { textOf } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const reason = textOf(context.options, "reason");
  const { done, errors } = await forEachTarget<TaskView | RunView>(context, ({ kind, id }) =>
    kind === "run" ? client.cancelRun(id, reason) : client.cancelTask(id, reason),
  );
  context.out.answer(done, {
    table: () => done.map(({ id, state }) => `${id}  ${state === "running" ? "is being cancelled" : state}`).join("\n"),
    quiet: () => done.map(({ id }) => id).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}
