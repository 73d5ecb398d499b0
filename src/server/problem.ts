/**
 * Errors as the API answers them: problem+json (RFC 9457). Owns the one table from code to status.
 *
 * P1  What the client did wrong is a 4xx; what storage cannot do now is a 5xx that says when to come back.
 * P2  An unexpected error is logged under an id; the client gets the id and nothing else of it.
 */
import type { ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { type ErrorCode, OctopusError } from "../base/errors.ts";
import type { Problem } from "../protocol/views.ts";
import type { Log } from "./options.ts";

/** Status and title of each code. */
export const STATUS_OF: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  malformed: [400, "The request could not be read"],
  invalid: [422, "The request is not valid"],
  unauthorized: [401, "A token is needed"],
  forbidden: [403, "Not allowed"],
  not_found: [404, "There is no such thing"],
  no_namespace: [404, "There is no such namespace"],
  method_not_allowed: [405, "This method is not allowed here"],
  failed: [409, "The task did not succeed"],
  timeout: [408, "The request took too long"],
  conflict: [409, "The present state does not allow this"],
  too_many: [429, "Too many requests"],
  queue_full: [429, "The arm takes no more tasks now"],
  too_large: [413, "Too large"],
  unsupported_type: [415, "This content type is not read here"],
  headers_too_large: [431, "The headers are too large"],
  internal: [500, "Something went wrong inside Octopus"],
  unreachable: [502, "Another server did not answer"],
  not_ready: [503, "Not ready"],
  not_leader: [503, "No leader answered"],
  outcome_unknown: [504, "Whether it was done is not known"],
  storage_failed: [503, "The storage does not take writes now"],
  storage_locked: [503, "Another process holds the storage"],
  storage_newer: [503, "The storage belongs to a newer version"],
  storage_full: [507, "The disk is full"],
};

/** By this header of a 503, a server of a cluster says that it does not lead and did nothing. */
export const NOT_LEADER = "octopus-not-leader";

/** Seconds after which a client may try again, for what passes by itself. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  not_ready: 1,
  not_leader: 1,
  too_many: 1,
  queue_full: 5,
  storage_failed: 5,
  storage_full: 10,
};

/** An answer that is ready to be sent. */
export interface ProblemAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The answer to `error`. Anything but an `OctopusError` is logged and hidden behind an id. */
export function problemOf(error: unknown, log: Log): ProblemAnswer {
  const known = error instanceof OctopusError && error.code !== "internal" ? error : hide(error, log);
  const [status, title] = STATUS_OF[known.code];
  const problem: Problem = {
    type: `urn:octopus:error:${known.code}`,
    title,
    status,
    detail: known.message,
    code: known.code,
    ...(known.issues.length > 0 ? { issues: known.issues.map(({ path, message }) => ({ path, message })) } : {}),
    ...(known instanceof HiddenError ? { id: known.id } : {}),
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  const retryAfterS = RETRY_AFTER_S[known.code];
  if (retryAfterS !== undefined) headers["retry-after"] = String(retryAfterS);
  if (known instanceof TooManyError) headers["retry-after"] = String(Math.max(1, Math.ceil(known.waitMs / 1000)));
  // Whoever passes requests on may send this one again: nothing of it was done.
  if (known.code === "not_leader") headers[NOT_LEADER] = "1";
  if (known.code === "unauthorized") headers["www-authenticate"] = 'Bearer realm="octopus"';
  if (known instanceof MethodError) headers["allow"] = known.allow;
  if (status === 413 || status === 408 || status === 431) headers["connection"] = "close";
  return { status, headers, body: JSON.stringify(problem) };
}

/** Sends the answer to `error` on a plain Node response; does nothing when an answer has begun. */
export function sendProblem(response: ServerResponse, error: unknown, log: Log): void {
  const { status, headers, body } = problemOf(error, log);
  if (response.headersSent || response.destroyed) return;
  headers["content-length"] = String(Buffer.byteLength(body));
  response.writeHead(status, headers);
  response.end(body);
}

/** A method that the path does not have; `allow` lists those that it has. */
export class MethodError extends OctopusError {
  readonly allow: string;

  constructor(method: string, path: string, allow: string) {
    super("method_not_allowed", `${path} does not take ${method}; it takes ${allow}`);
    this.allow = allow;
  }
}

/** More than somebody may ask; `waitMs` until it is less again. */
export class TooManyError extends OctopusError {
  readonly waitMs: number;

  constructor(message: string, waitMs: number) {
    super("too_many", `${message}; try again in ${Math.ceil(waitMs / 1000)} s`, { retryable: true });
    this.waitMs = waitMs;
  }
}

/** Stands for an unexpected error: carries the id that leads to it in the log. */
class HiddenError extends OctopusError {
  readonly id: string;

  constructor(id: string) {
    super("internal", `an unexpected error; the server's log has it under ${id}`);
    this.id = id;
  }
}

function hide(error: unknown, log: Log): HiddenError {
  const id = randomUUID().slice(0, 8);
  log.error({ err: error, id }, "unexpected error in a request");
  return new HiddenError(id);
}
