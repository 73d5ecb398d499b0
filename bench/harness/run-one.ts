/**
 * One run of one case in a process of its own: the memory and the compiled code of one case are no other's. Started by
 * `run-case.ts`, which hands over the name and the context, and gets the figures.
 */
import { findCase } from "./find.ts";
import type { CaseContext, Measured } from "./case.ts";

export type Answer = { measured: Measured } | { error: string };

const [name, text] = process.argv.slice(2);
const context = JSON.parse(text!) as CaseContext;
// Nobody listens any more: leaving ends every process that the case has started.
const onGone = (): void => process.exit(1);
process.on("disconnect", onGone);
let said: Answer;
try {
  said = { measured: await findCase(name!).run(context) };
} catch (error) {
  said = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
process.off("disconnect", onGone);
process.send!(said, () => process.exit(0));
