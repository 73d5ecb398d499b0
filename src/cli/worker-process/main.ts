/**
 * What `octopus worker` becomes when it knows its server: the same process with a fresh memory, in which neither the parser
 * of the command line nor that of the settings was ever loaded. They would stay for as long as the worker runs.
 */
import { startWorkerProcess } from "../../worker/process.ts";
import { SETTINGS_VARIABLE, type WorkerSettings } from "../../worker/settings.ts";
import type { Config } from "../../config/schema.ts";
import { createLog } from "../../log.ts";
import { printError } from "../output.ts";
import { exitCodeOfError } from "../exit-codes.ts";
import { serve } from "../serve.ts";

const settings = JSON.parse(process.env[SETTINGS_VARIABLE]!) as WorkerSettings;
// Not for the commands that it runs.
delete process.env[SETTINGS_VARIABLE];
delete process.env["NODE_COMPILE_CACHE"];
try {
  process.exitCode = await serve(await startWorkerProcess(settings, createLog(settings.log as Config["log"])));
} catch (error) {
  printError(error, "table");
  process.exitCode = exitCodeOfError(error);
}
process.exit();
