/** `octopus pause RUN…` and `octopus resume RUN…`. */
import { standing } from "../../view/run-words.ts";
import type { Context } from "../context.ts";
import { forEachTarget } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { textOf, usage } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { spec, options, out } = context;
  const client = await context.client();
  const paused = spec.name === "pause";
  const reason = textOf(options, "reason");
  const { done, errors } = await forEachTarget(context, ({ kind, id }) => {
    if (kind === "task") throw usage(`${id} is a task, and runs are what is ${spec.name}d: name its run, such as r3`);
    return client.pauseRun(id, paused, reason);
  });
  out.answer(done, {
    table: () => done.map((run) => `${run.id}  ${standing(run) || run.state}`).join("\n"),
    quiet: () => done.map(({ id }) => id).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}
