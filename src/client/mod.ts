/** The client, for programs and screens that talk to an Octopus server. Runs in Node and in browsers. */
import { OctopusError } from "../base/errors.ts";
import { Client } from "./client.ts";
import { createFetchTransport } from "./transport-fetch.ts";
import { createNodeTransport } from "./transport-node.ts";

export { OctopusError } from "../base/errors.ts";
export type { ErrorCode, Issue } from "../base/errors.ts";
export type { FeedEntry, FeedEvent } from "../protocol/feed.ts";
export type { ArmSubmission, QuotaSubmission } from "../protocol/arm.ts";
export type { BulkFilterSubmission, BulkSubmission } from "../protocol/bulk.ts";
export type { ScheduleSubmission } from "../protocol/schedule.ts";
export type { TaskSubmission } from "../protocol/task.ts";
export type * from "../protocol/schedule-views.ts";
export type * from "../protocol/views.ts";
export type {
  RunAccepted,
  RunRetry,
  RunSubmission,
  TaskMark,
  Verdict,
  WorkflowCheck,
  WorkflowSubmission,
} from "../protocol/workflow.ts";
export { Client } from "./client.ts";
export type { FeedOptions, LogOptions, RunQuery, TaskQuery, WaitOptions } from "./options.ts";
export { isRunEnded } from "./run-calls.ts";
export type { Accepted } from "./submit-queue.ts";
export { spacingAfter, watchRun } from "./watch.ts";

/**
 * A client for the server at `url`, such as `http://127.0.0.1:8000`. Nothing is sent before the first call. When `signal`
 * aborts, whatever is under way ends with the signal's reason.
 */
export function connect(url: string, options: { signal?: AbortSignal | undefined } = {}): Client {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new OctopusError(
      "invalid",
      `the server's address must look like http://127.0.0.1:8000, not ${JSON.stringify(url)}`,
    );
  }
  const base = parsed.href.replace(/\/+$/, "");
  const isNode = typeof process === "object" && typeof process.getBuiltinModule === "function";
  return new Client(base, isNode ? createNodeTransport(base) : createFetchTransport(base), options.signal);
}
