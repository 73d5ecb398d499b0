/** `octopus wait ID…`: the exit code says how they did. */
import type { TaskView } from "../../protocol/views.ts";
import type { RunView } from "../../protocol/run-views.ts";
import { endOf } from "../../view/tasks.ts";
import { clean } from "../../view/text.ts";
import { colourOf } from "../../view/paint.ts";
import { elapsed } from "../../view/time.ts";
import { exitCodeOfRun, exitCodeOfTask, type ExitCode, gravest } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { durationOf } from "../read.ts";
import { targetOf } from "../target.ts";
import { sayWhyWaits } from "../why-waits.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const client = await context.client();
  const timeoutMs = durationOf(options, "timeout");
  const targets = await Promise.all(args.map((word) => targetOf(client, word)));
  const ended = await Promise.all(
    targets.map(async ({ kind, id }): Promise<{ view: TaskView | RunView; code: ExitCode; cause: string }> => {
      if (kind === "run") {
        const view = await client.waitRun(id, { timeoutMs });
        return { view, code: exitCodeOfRun(view), cause: "" };
      }
      using _ = targets.length === 1 ? sayWhyWaits(client, out, id) : undefined;
      const view = await client.waitTask(id, { timeoutMs });
      return { view, code: exitCodeOfTask(view), cause: endOf(view) };
    }),
  );
  out.answer(
    ended.map(({ view }) => view),
    {
      table: () =>
        ended
          .map(({ view, cause }) => {
            const took = elapsed(view.startedAt, view.endedAt, Date.now());
            return [view.id, out.paint(colourOf(view.state), view.state), took, clean(cause)]
              .filter(Boolean)
              .join("  ");
          })
          .join("\n"),
      quiet: () => ended.map(({ view }) => `${view.id} ${view.state}`).join("\n"),
    },
  );
  return gravest(ended.map(({ code }) => code));
}
