/**
 * Keeps something running until a signal asks it to stop. Signals belong to the command line, never to a library.
 *
 * SV1  From the beginning of a start to the end of what was started one listener stays: where one is exchanged for another, a
 *      signal that has come and was not read yet is lost, and whoever sent it waits for ever.
 */
import { giveBack, giveBackWhenIdle } from "../worker/give-back.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Running } from "./node-port.ts";

/** A second signal within this time is taken for the first one, heard again. */
const SAME_SIGNAL_MS = 500;
const LEFT_OPEN_MS = 3000;

type OnSignal = (signal: NodeJS.Signals) => void;

let heard: OnSignal | undefined;
/** Came when something had started, and before it was served. */
let early: NodeJS.Signals | undefined;
const listener: OnSignal = (signal) => heard?.(signal);

/** SV1. */
function hear(onSignal: OnSignal): void {
  if (heard === undefined) process.on("SIGINT", listener).on("SIGTERM", listener);
  heard = onSignal;
}

function hearNoMore(): void {
  heard = undefined;
  process.off("SIGINT", listener).off("SIGTERM", listener);
}

/**
 * Starts it. A signal that comes before it has started (a server of a cluster waits for a leader) ends it in order, too: then
 * there is nothing to serve. A second one ends it at once.
 */
export async function starting<T extends Running>(
  start: (given: { signal: AbortSignal; beforeJoining(): void }) => Promise<T>,
): Promise<T | undefined> {
  const stop = new AbortController();
  let firstAt = 0;
  const onSignal: OnSignal = (signal) => {
    if (!stop.signal.aborted) {
      firstAt = Date.now();
      process.stderr.write(`octopus: stopping (${signal}) before it has started; once more stops at once\n`);
      stop.abort();
    } else if (Date.now() - firstAt >= SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
  };
  hear(onSignal);
  try {
    const running = await start({ signal: stop.signal, beforeJoining: giveBack });
    if (!stop.signal.aborted) {
      hear((signal) => (early ??= signal));
      return running;
    }
    await running.stop();
  } catch (error) {
    if (!stop.signal.aborted) {
      hearNoMore();
      throw error;
    }
  }
  hearNoMore();
  // What it waited for is waited for no more.
  setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
  return undefined;
}

/** Waits for its end. The first signal stops it with its graces, a second one at once. */
export async function serve(running: Running): Promise<ExitCode> {
  let isStopping = false;
  let firstAt = 0;
  const onSignal: OnSignal = (signal) => {
    // A process group that is told to end may hear it twice: by the kernel, and by a wrapper that passes signals on.
    if (isStopping && Date.now() - firstAt < SAME_SIGNAL_MS) return;
    if (isStopping) {
      process.stderr.write("octopus: stopped at once\n");
      process.exit(EXIT.interrupted);
    }
    isStopping = true;
    firstAt = Date.now();
    process.stderr.write(`octopus: stopping (${signal}); running tasks get a moment, once more stops at once\n`);
    running.stop().catch((error: unknown) => {
      process.stderr.write(`octopus: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(EXIT.failed);
    });
  };
  hear(onSignal);
  if (early !== undefined) onSignal(early);
  giveBackWhenIdle();
  try {
    await running.done;
    // What was left open towards somebody who does not answer any more would keep the process.
    setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
    return EXIT.ok;
  } finally {
    early = undefined;
    hearNoMore();
  }
}
