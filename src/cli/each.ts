/** Does one thing to each of several tasks and runs: a refusal of one does not keep the others from it. */
import { OctopusError } from "../base/errors.ts";
import type { Context } from "./context.ts";
import { printError } from "./output.ts";
import { type Target, targetOf } from "./target.ts";

/**
 * What was done and what was refused. With one target, or in JSON mode where there is one value to print, the first
 * refusal is thrown instead once all have had their turn.
 */
export async function forEachTarget<T>(
  context: Context,
  action: (target: Target) => Promise<T>,
): Promise<{ done: T[]; errors: unknown[] }> {
  const client = await context.client();
  const done: T[] = [];
  const errors: unknown[] = [];
  for (const word of context.args) {
    try {
      done.push(await action(await targetOf(client, word)));
    } catch (error) {
      if (!(error instanceof OctopusError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0 && (context.args.length === 1 || context.out.mode === "json")) throw errors[0];
  for (const error of errors) printError(error, context.out.mode);
  return { done, errors };
}
