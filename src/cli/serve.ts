/** Keeps something running until a signal asks it to stop. Signals belong to the command line, never to a library. */
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Running } from "./node-port.ts";

/** A second signal within this time is taken for the first one, heard again. */
const SAME_SIGNAL_MS = 500;

/** Waits for its end. The first signal stops it with its graces, a second one at once. */
export async function serve(running: Running): Promise<ExitCode> {
  let isStopping = false;
  let firstAt = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
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
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    await running.done;
    return EXIT.ok;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
