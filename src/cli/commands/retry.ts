/** `octopus retry ID…`. */
import type { Json, TaskState } from "../../base/words.ts";
import type { TaskView } from "../../protocol/views.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { forEachTarget } from "../each.ts";
import { jsonOrText, textOf, usage } from "../read.ts";

/** Ends that another try may change. What failed because of another task follows that task by itself. */
const WORTH_IT: readonly TaskState[] = ["failed", "cancelled", "expired"];

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const text = textOf(context.options, "input");
  const change = text === undefined ? {} : { input: jsonOrText(text) as Json };
  const { done, errors } = await forEachTarget(context, async ({ kind, id }): Promise<TaskView[]> => {
    if (kind === "task") return [await client.retryTask(id, change)];
    if (text !== undefined)
      throw usage(`--input is for one task, and ${id} is a run: name the task, such as ${id}/NAME`);
    const { tasks } = await client.run(id);
    const retried: TaskView[] = [];
    for (const task of tasks) if (WORTH_IT.includes(task.state)) retried.push(await client.retryTask(task.id));
    return retried;
  });
  const tasks = done.flat();
  context.out.answer(tasks, {
    table: () => tasks.map(({ id, state }) => `${id}  ${state}`).join("\n") || "nothing there has failed",
    quiet: () => tasks.map(({ id }) => id).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}
