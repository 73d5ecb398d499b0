/** `octopus dead replay` and `octopus dead dismiss`: tasks by name, or all that the options choose. */
import type { Json } from "../../base/words.ts";
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { filterOf } from "../filter-options.ts";
import { actOnMany } from "../many.ts";
import { jsonOrText, textOf, usage } from "../read.ts";
import { taskId } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, spec } = context;
  const isReplay = spec.name === "replay";
  const filter = filterOf(options, Date.now());
  const chooses = options["all"] === true || Object.keys(filter).length > 0;
  if (args.length > 0 && chooses) throw usage("name tasks, or choose them by options: not both");
  if (args.length > 0) return actOnNamed(context, isReplay);
  if (!chooses) throw usage("name the tasks, or choose them: --all, --type, --arm, --owner, --since, …");
  if (options["input"] !== undefined) throw usage("--input belongs to tasks that are named: they must take the same");
  const action = isReplay ? "retry" : "dismiss";
  return actOnMany(context, { action, filter: { ...filter, dead: true } }, isReplay ? "replay" : "dismiss");
}

async function actOnNamed(context: Context, isReplay: boolean): Promise<ExitCode> {
  const { args, options, out } = context;
  const text = textOf(options, "input");
  const change = text === undefined ? {} : { input: jsonOrText(text) as Json };
  const client = await context.client();
  const { done, errors } = await forEachWord(context, args, async (word) => {
    const id = await taskId(client, word);
    return isReplay ? client.retryTask(id, change) : client.dismissTask(id);
  });
  out.answer(done, {
    table: () => done.map(({ id, state }) => `${id}  ${isReplay ? state : "dismissed"}`).join("\n"),
    quiet: () => done.map(({ id }) => id).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}
