/** Asks a person before something is done to much at once. */
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { usage } from "./read.ts";

/**
 * Says what would be done, and answers whether to do it: yes with `--yes`, no with `--dry-run`, else what the person says.
 * Where nobody can be asked it is refused: a script says `--yes`.
 */
export async function mayGoOn(context: Context, what: string): Promise<boolean> {
  const { options } = context;
  if (options["dryRun"] === true) return false;
  if (options["yes"] === true) return true;
  if (!isPerson()) throw usage(`${what}: say --yes to do it, or --dry-run to leave it at that`);
  return ask(context, `${what}. Go on? [y/N] `, (answer) => /^y(es)?$/i.test(answer));
}

/** The same for what is not undone easily: the person writes the name of what it is about. */
export async function asksFor(context: Context, name: string, what: string): Promise<boolean> {
  if (context.options["yes"] === true) return true;
  if (!isPerson()) throw usage(`${what}: say --yes to do it`);
  return ask(context, `${what}. Write its name to go on: `, (answer) => answer === name);
}

function isPerson(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

async function ask({ out }: Context, question: string, isYes: (answer: string) => boolean): Promise<boolean> {
  const asker = createInterface({ input: process.stdin, output: process.stderr });
  const leave = new AbortController();
  asker.once("SIGINT", () => leave.abort());
  try {
    const answer = await asker.question(question, { signal: leave.signal });
    if (isYes(answer.trim())) return true;
    out.note("nothing was done");
    return false;
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    out.note("\nnothing was done");
    process.exit(EXIT.interrupted);
  } finally {
    asker.close();
  }
}
