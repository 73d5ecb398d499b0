/**
 * Errors that reach a person. `code` is stable, documented in docs/reference/errors.md and mapped to an HTTP status and
 * an exit code in one place each. A broken invariant is not one of these: see `assert.ts`.
 */

/** Every code there is. Each has a row in docs/reference/errors.md. */
export const ERROR_CODES = [
  "invalid", // the request does not fit its schema
  "malformed", // the bytes are not what they claim to be: JSON, UTF-8, HTTP
  "not_found",
  "no_namespace", // the namespace that the URL names is not there
  "conflict", // the thing is in a state that does not allow this
  "too_many", // more requests than somebody may send, or too many wrong tokens
  "queue_full", // the arm takes no more waiting tasks; later it may
  "too_large",
  "headers_too_large",
  "method_not_allowed",
  "unsupported_type", // a content type that this route does not read
  "forbidden", // the role or the arms of a token do not allow it; or the Host or Origin says that another site is asking
  "storage_full",
  "storage_failed",
  "storage_locked", // another process holds the data directory
  "storage_newer", // the data directory belongs to a newer version
  "not_ready", // starting, stopping or recovering
  "not_leader", // this server of a cluster does not lead, or leads no more; another one does, or will in a moment
  "outcome_unknown", // whether it was done cannot be said now: look before it is done again
  "unreachable", // no answer from the server
  "unauthorized", // a token is needed, and there was none or a wrong one
  "timeout",
  "failed", // a task that a program waits for did not succeed
  "internal",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing that is wrong with the input. */
export interface Issue {
  /** Where: `tasks[3].retries.limit`, or a line in a file. */
  path: string;
  /** What is wrong: names the value seen and what is allowed. */
  message: string;
}

/** A refusal or an operating failure, with words for a person and a code for a program. */
export class OctopusError extends Error {
  override name = "OctopusError";
  readonly code: ErrorCode;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; issues?: readonly Issue[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.issues = options.issues ?? [];
  }
}
