/** Keeps something running until a signal asks it to stop. Signals belong to the command line, never to a library. */
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Running } from "./node-port.ts";

/** Waits for its end. The first signal stops it with its graces, a second one at once. */
export async function serve(running: Running): Promise<ExitCode> {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      process.stderr.write("octopus: stopped at once\n");
      process.exit(EXIT.interrupted);
    }
    isStopping = true;
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
