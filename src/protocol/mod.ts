/** The door to the protocol: what the API takes and answers, as schemas and as types. */
export * from "./feed.ts";
export type { Work } from "./task.ts";
export { ShellWork, HttpWork, TaskSubmission } from "./task.ts";
export { Retries } from "./retries.ts";
export * from "./schedule-views.ts";
export * from "./views.ts";
export * from "./worker-views.ts";
export * from "./access.ts";
export { RunSubmission, type RunSpec } from "./workflow.ts";
