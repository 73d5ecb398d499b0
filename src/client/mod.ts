/** The client, for programs and screens that talk to an Octopus server. Runs in Node and in browsers. */
import { OctopusError } from "../base/errors.ts";
import { inNamespace } from "../base/namespace-url.ts";
import { parseFingerprint } from "../base/fingerprint.ts";
import { Client } from "./client.ts";
import { createFetchTransport } from "./transport-fetch.ts";
import { createNodeTransport } from "./transport-node.ts";
import type { Credentials } from "./transport.ts";

export { OctopusError } from "../base/errors.ts";
export type { ErrorCode, Issue } from "../base/errors.ts";
export type { FeedEntry, FeedEvent } from "../protocol/feed.ts";
export type { ArmSubmission, QuotaSubmission } from "../protocol/arm.ts";
export type { BulkFilterSubmission, BulkSubmission } from "../protocol/bulk.ts";
export type { ScheduleSubmission } from "../protocol/schedule.ts";
export type { TaskSubmission } from "../protocol/task.ts";
export type { AuditView, TokenCreatedView, TokenView } from "../protocol/access.ts";
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
export type { AuditQuery } from "./access-calls.ts";
export { Client } from "./client.ts";
export type { FeedOptions, LogOptions, RunQuery, TaskQuery, WaitOptions } from "./options.ts";
export { isRunEnded } from "./run-calls.ts";
export type { Accepted } from "./submit-queue.ts";
export { spacingAfter, watchRun } from "./watch.ts";

export interface ClientOptions extends Credentials {
  /** When it aborts, whatever is under way ends with its reason. */
  signal?: AbortSignal | undefined;
  /** As `https://box:8000/ns/NAME` says it; absent: the one in the address, or `default`. */
  namespace?: string | undefined;
}

/**
 * A client for the server at `url`, such as `http://127.0.0.1:8000`. Nothing is sent before the first call, and with a
 * `fingerprint` nothing but to the server that has it. Browsers check certificates by themselves and take none.
 */
export function connect(url: string, options: ClientOptions = {}): Client {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new OctopusError(
      "invalid",
      `the server's address must look like http://127.0.0.1:8000, not ${JSON.stringify(url)}`,
    );
  }
  const base = inNamespace(parsed.href.replace(/\/+$/, ""), options.namespace);
  const isNode = typeof process === "object" && typeof process.getBuiltinModule === "function";
  const fingerprint = fingerprintOf(options.fingerprint, parsed);
  const credentials = { token: options.token, fingerprint };
  const transport = isNode ? createNodeTransport(base, credentials) : createFetchTransport(base, credentials);
  return new Client(base, transport, options.signal);
}

/** A fingerprint for a server that shows no certificate is a misunderstanding: it would seem to be checked. */
function fingerprintOf(text: string | undefined, { protocol, href }: URL): string | undefined {
  if (text === undefined) return undefined;
  const fingerprint = parseFingerprint(text);
  if (fingerprint === undefined)
    throw new OctopusError("invalid", `a fingerprint has 64 hexadecimal digits, which ${JSON.stringify(text)} has not`);
  if (protocol === "https:") return fingerprint;
  throw new OctopusError("invalid", `a fingerprint was given, and ${href} shows no certificate: write https://`);
}
