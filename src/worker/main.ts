/**
 * The worker process that `octopus up` starts and watches. It imports neither the configuration nor the server, to stay
 * small, and ends with its supervisor: commands that were running are killed, and their tasks are repeated.
 */
import { OctopusError } from "../base/errors.ts";
import { keepCompiled } from "./compile-cache.ts";
import { giveBackWhenIdle } from "./give-back.ts";
import { takeSettings } from "./settings-env.ts";
import type { WorkerMessage } from "./settings.ts";

keepCompiled();
const settings = takeSettings();
if (settings === undefined || process.send === undefined) {
  process.stderr.write("this file is started by octopus up; to start a worker by hand, use: octopus worker\n");
  process.exit(2);
}

const tell = (message: WorkerMessage, done = (): void => undefined): void => void process.send?.(message, done);
const print = (level: "info" | "warn" | "error") => (fields: object, message: string) => {
  if (
    level === "info" &&
    settings.log.level !== "info" &&
    settings.log.level !== "debug" &&
    settings.log.level !== "trace"
  )
    return;
  tell({ type: "log", level, fields, message });
};
// Ctrl-C reaches the whole process group; the supervisor decides when its worker stops.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(1));
try {
  const { startWorkerProcess } = await import("./process.ts");
  const worker = await startWorkerProcess(settings, {
    info: print("info"),
    warn: print("warn"),
    error: print("error"),
  });
  process.on("SIGTERM", () => void worker.stop());
  tell({ type: "started" });
  giveBackWhenIdle();
  await worker.done;
  process.exit(0);
} catch (error) {
  if (!(error instanceof OctopusError)) throw error;
  tell({ type: "hopeless", code: error.code, message: error.message }, () => process.exit(1));
}
