/** Does one thing to each of several things named: a refusal of one does not keep the others from it. */
import { OctopusError } from "../base/errors.ts";
import type { Context } from "./context.ts";
import { printError } from "./output.ts";
import { type Target, targetOf } from "./target.ts";

/** What was done and what was refused. */
export interface Each<T> {
  done: T[];
  errors: unknown[];
}

/**
 * Does it to each word. With one word, or in JSON mode where there is one value to print, the first refusal is thrown
 * instead once all have had their turn.
 */
export async function forEachWord<T>(
  { out }: Context,
  words: readonly string[],
  action: (word: string) => Promise<T>,
): Promise<Each<T>> {
  const done: T[] = [];
  const errors: unknown[] = [];
  for (const word of words) {
    try {
      done.push(await action(word));
    } catch (error) {
      if (!(error instanceof OctopusError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0 && (words.length === 1 || out.mode === "json")) throw errors[0];
  for (const error of errors) printError(error, out.mode, out.advice);
  return { done, errors };
}

/** The same to the tasks and runs that the arguments name. */
export async function forEachTarget<T>(context: Context, action: (target: Target) => Promise<T>): Promise<Each<T>> {
  const client = await context.client();
  return forEachWord(context, context.args, async (word) => action(await targetOf(client, word)));
}
