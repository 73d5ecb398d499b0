/** The door to the protocol: what the API takes and answers, as schemas and as types. */
export * from "./feed.ts";
export * from "./history.ts";
export type { Work } from "./task.ts";
export { TaskSubmission } from "./task.ts";
export { ShellWork } from "./work/shell.ts";
export { HttpWork } from "./work/http.ts";
export { PluginWork } from "./work/plugin.ts";
export { DockerWork } from "./work/docker.ts";
export { WasmWork } from "./work/wasm.ts";
export type { CustomWork } from "./work/custom.ts";
export { Sandbox } from "./work/sandbox.ts";
export { Retries } from "./retries.ts";
export * from "./schedule-views.ts";
export * from "./log-views.ts";
export * from "./views.ts";
export * from "./worker-views.ts";
export * from "./access.ts";
export { RunSubmission, type RunSpec } from "./workflow.ts";
