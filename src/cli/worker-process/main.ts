/**
 * What `octopus worker` becomes when it knows its server: the same process with a fresh memory, in which neither the parser
 * of the command line nor that of the settings was ever loaded. They would stay for as long as the worker runs.
 */
import { startWorkerProcess } from "../../worker/process.ts";
import { takeSettings } from "../../worker/settings-env.ts";
import type { Config } from "../../config/schema.ts";
import { createLog } from "../../root/log.ts";
import { printError } from "../output.ts";
import { exitCodeOfError } from "../exit-codes.ts";
import { serve } from "../serve.ts";

const settings = takeSettings();
if (settings === undefined) throw new Error("this file is started by octopus worker");
try {
  process.exitCode = await serve(await startWorkerProcess(settings, createLog(settings.log as Config["log"])));
} catch (error) {
  printError(error, "table");
  process.exitCode = exitCodeOfError(error);
}
process.exit();
