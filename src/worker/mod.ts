/** The door for programs that are workers: functions with their context, and a worker that links to a server. */
export { type Adapters, AdapterError } from "./adapters/adapters.ts";
export { FatalError, type FunctionContext, type FunctionTask } from "./function-context.ts";
export type { CommandResult, CommandToRun, CustomExecutor, ExecutorContext } from "./executors/custom-executor.ts";
export type { RegisteredFunction } from "./functions.ts";
export { startWorkerProcess, type RunningWorker, type WorkerLog } from "./process.ts";
export type { WorkerSettings } from "./settings.ts";
