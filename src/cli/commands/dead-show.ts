/** `octopus dead show ID`: the task, what it printed last, and what can be done. */
import { taskText } from "../../view/task-detail.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { lastLines } from "../last-lines.ts";
import { taskId } from "../target.ts";

const LINES = 20;

export async function run({ args, out, client: open }: Context): Promise<ExitCode> {
  const client = await open();
  const task = await client.task(await taskId(client, args[0]!));
  const lines = out.mode === "table" ? await lastLines(client.logs(task.id), LINES) : [];
  out.answer(task, {
    table: () => {
      const output = lines.length === 0 ? [] : [`${out.paint("bold", "LAST OUTPUT")}\n${lines.join("\n")}`];
      return [taskText(task, out, Date.now()), ...output].join("\n\n");
    },
    quiet: () => task.state,
  });
  if (task.dead === true) out.note(`octopus dead replay ${task.id}, octopus dead dismiss ${task.id}`);
  else out.note(`${task.id} is no dead letter (any more)`);
  return EXIT.ok;
}
