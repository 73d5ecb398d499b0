/** `octopus bulk ACTION`: one thing done to all tasks that the options choose. */
import { BULK_ACTIONS, type BulkActionName } from "../../base/words.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { filterOf } from "../filter-options.ts";
import { actOnMany } from "../many.ts";
import { textOf, usage } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, spec } = context;
  const action = BULK_ACTIONS.find((one) => one === spec.name)!;
  const filter = filterOf(options, Date.now());
  if (Object.keys(filter).length === 0)
    throw usage("say which tasks by at least one of --state, --type, --arm, --tag, --run, --owner, --key, --since, …");
  const reason = textOf(options, "reason");
  const more = {
    ...(action === "priority" && { priority: priorityOf(args[0]!) }),
    ...(action === "move" && { arm: args[0]! }),
    ...(reason !== undefined && { reason }),
  };
  return actOnMany(context, { action, filter, ...more }, verbOf(action, args[0]));
}

function priorityOf(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 10) return Number(text);
  throw usage(`the priority must be a whole number from 0 to 10, not ${JSON.stringify(text)}`);
}

function verbOf(action: BulkActionName, to = ""): string {
  if (action === "priority") return `give … priority ${to}`;
  if (action === "move") return `move … to ${to}`;
  return action;
}
