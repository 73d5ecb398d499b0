/**
 * Shows a run to its end. Signals are handled here because a run outlives the terminal that watches it: Ctrl-C asks first
 * and cancels the second time. Where nobody can be asked (no terminal, SIGTERM) the first one cancels; one more leaves at
 * once.
 */
import type { RunDetail } from "../protocol/run-views.ts";
import type { Context } from "./context.ts";
import { EXIT, exitCodeOfRun, type ExitCode } from "./exit-codes.ts";
import { createBeside } from "./run-beside.ts";
import { printEnd } from "./run-end.ts";
import { createRunScreen } from "./run-screen.ts";
import type { RunSource } from "./run-source.ts";

/** A signal to a whole group of processes may come twice: by itself, and passed on by the process above. */
const SAME_SIGNAL_MS = 300;

/** Shows the run, says what became of it, and answers the exit code for that. */
export async function watchToEnd({ out }: Context, source: RunSource, id: string): Promise<ExitCode> {
  const { last, wasInterrupted } = await watch(out, source, id);
  if (last === undefined) return EXIT.interrupted;
  await printEnd(out, source, last);
  out.answer(last, { table: () => "", quiet: () => last.id });
  return wasInterrupted ? EXIT.interrupted : exitCodeOfRun(last);
}

/** No last picture: somebody left before it had ended. */
async function watch(
  out: Context["out"],
  source: RunSource,
  id: string,
): Promise<{ last?: RunDetail; wasInterrupted: boolean }> {
  const screen = createRunScreen(out);
  const besideOf = createBeside(source);
  const leave = new AbortController();
  let cancelledAt: number | undefined;
  let wasAsked = false;
  const cancel = (): void => {
    if (cancelledAt !== undefined && performance.now() - cancelledAt < SAME_SIGNAL_MS) return;
    if (cancelledAt !== undefined) return leave.abort();
    cancelledAt = performance.now();
    screen.say(`cancelling ${id} …`);
    source.cancel(id, "interrupted").catch((error: unknown) => {
      screen.say(`cannot cancel ${id}: ${error instanceof Error ? error.message : String(error)}`);
      leave.abort();
    });
  };
  const onInterrupt = (): void => {
    if (!out.isLive || wasAsked) return cancel();
    wasAsked = true;
    screen.say(`Ctrl-C again cancels ${id}; it goes on otherwise`);
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", cancel);
  process.on("SIGHUP", cancel);
  let last: RunDetail | undefined;
  let hasEnded = false;
  try {
    for await (const picture of source.watch(id, leave.signal)) {
      last = picture;
      screen.show(picture, out.isLive ? await besideOf(picture) : {});
    }
    hasEnded = !leave.signal.aborted;
  } catch (error) {
    if (!leave.signal.aborted) throw error;
  } finally {
    screen.end(last);
    process.off("SIGINT", onInterrupt).off("SIGTERM", cancel).off("SIGHUP", cancel);
  }
  return { ...(hasEnded && last !== undefined && { last }), wasInterrupted: cancelledAt !== undefined };
}
