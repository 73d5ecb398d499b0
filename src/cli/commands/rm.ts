/** `octopus rm ID…` and `octopus rm --keep N`. */
import { EXIT, exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { forEachTarget } from "../each.ts";
import { usage, wholeOf } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const client = await context.client();
  const keep = wholeOf(options, "keep", 0, Number.MAX_SAFE_INTEGER);
  if ((keep === undefined) === (args.length === 0))
    throw usage("name either the tasks to remove, or --keep with the number to keep");
  if (keep !== undefined) {
    const answer = await client.clearEnded(keep);
    out.answer(answer, { table: () => `removed ${answer.removed} ended tasks`, quiet: () => String(answer.removed) });
    return EXIT.ok;
  }
  const { done, errors } = await forEachTarget(context, async ({ kind, id }) => {
    if (kind === "run")
      throw usage(`${id} is a run: remove its tasks by octopus ls --run ${id} -n 100000 -o quiet | xargs octopus rm`);
    await client.deleteTask(id);
    return id;
  });
  out.answer(
    { removed: done },
    { table: () => done.map((id) => `${id}  removed`).join("\n"), quiet: () => done.join("\n") },
  );
  return gravest(errors.map(exitCodeOfError));
}
