/** Turns an answer that says no into an `OctopusError`. */
import { ERROR_CODES, type ErrorCode, type Issue, OctopusError } from "../base/errors.ts";
import type { Reply } from "./transport.ts";

/** Codes where the same call may succeed later. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "not_ready",
  "not_leader",
  "outcome_unknown",
  "queue_full",
  "too_many",
  "storage_full",
  "storage_failed",
  "timeout",
  "unreachable",
]);

/** For answers that carry no code of ours, from a proxy for instance. */
const CODE_BY_STATUS: Record<number, ErrorCode> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  408: "timeout",
  409: "conflict",
  413: "too_large",
  422: "invalid",
  429: "too_many",
  502: "unreachable",
  503: "not_ready",
  504: "timeout",
  507: "storage_full",
};

/** True for an answer that grants what was asked. */
export function isGranted(reply: { status: number }): boolean {
  return reply.status >= 200 && reply.status < 300;
}

/** The error that a refusing answer means. */
export function errorOf(reply: Reply, what: string): OctopusError {
  const problem = reply.contentType.includes("json") ? readObject(reply.body) : undefined;
  const code = ERROR_CODES.find((one) => one === problem?.["code"]) ?? CODE_BY_STATUS[reply.status] ?? "internal";
  const detail = problem?.["detail"];
  const message =
    typeof detail === "string" ? detail : `${what} was answered with status ${reply.status} and no reason`;
  const issues = Array.isArray(problem?.["issues"]) ? (problem["issues"] as Issue[]) : [];
  return new OctopusError(code, message, { retryable: RETRYABLE.has(code), issues });
}

/** The JSON of a granting answer, or an error that says that something else than Octopus answered. */
export function jsonOf(reply: Reply, base: string): unknown {
  if (reply.contentType.includes("json")) {
    try {
      return JSON.parse(reply.body);
    } catch {
      // Falls through to the complaint below.
    }
  }
  const form = reply.contentType || "no content type";
  throw new OctopusError("unreachable", `${base} is not an Octopus server: it answered with ${form} instead of JSON`);
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
