/** Asks a person before something is done to much at once. */
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { usage } from "./read.ts";

/**
 * Says what would be done, and answers whether to do it: yes with `--yes`, no with `--dry-run`, else what the person says.
 * Where nobody can be asked it is refused: a script says `--yes`.
 */
export async function mayGoOn({ options, out }: Context, what: string): Promise<boolean> {
  if (options["dryRun"] === true) return false;
  if (options["yes"] === true) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw usage(`${what}: say --yes to do it, or --dry-run to leave it at that`);
  const asker = createInterface({ input: process.stdin, output: process.stderr });
  const leave = new AbortController();
  asker.once("SIGINT", () => leave.abort());
  try {
    const answer = await asker.question(`${what}. Go on? [y/N] `, { signal: leave.signal });
    if (/^y(es)?$/i.test(answer.trim())) return true;
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
