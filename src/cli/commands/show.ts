/** `octopus show ID`: a task with its attempts, or a run with its tasks. */
import { runText, taskText } from "../../view/task-detail.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { targetOf } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out } = context;
  const client = await context.client();
  const { kind, id } = await targetOf(client, context.args[0]!);
  const now = Date.now();
  if (kind === "run") {
    const view = await client.run(id);
    out.answer(view, { table: () => runText(view, out, now), quiet: () => view.state });
  } else {
    const view = await client.task(id);
    out.answer(view, { table: () => taskText(view, out, now), quiet: () => view.state });
  }
  return EXIT.ok;
}
