/** What PostgreSQL refuses, in words that name the thing and the next step. One place, so that each is said alike. */
import { InvariantError } from "../../base/assert.ts";
import { type ErrorCode, OctopusError } from "../../base/errors.ts";

/** By SQLSTATE: the code for people, whether it may pass by itself, and the next step. */
const KNOWN: Readonly<Record<string, [code: ErrorCode, retryable: boolean, next: string]>> = {
  "28P01": ["unauthorized", false, "give the right user and password in the address"],
  "28000": ["unauthorized", false, "the server lets this user in from nowhere, or not from here: see its pg_hba.conf"],
  "3D000": ["not_found", false, "make the database first: createdb NAME"],
  "3F000": ["storage_failed", true, "somebody has removed the schema; a server that starts makes it anew"],
  "42P01": ["storage_failed", true, "somebody has removed a table; a server that starts makes it anew"],
  "42501": [
    "forbidden",
    false,
    "the user needs to own the schema of the cluster, or to make it: GRANT CREATE ON DATABASE",
  ],
  "25006": [
    "conflict",
    true,
    "this is a standby: name the primary, or add target_session_attrs=read-write to the address",
  ],
  "53100": ["storage_full", true, "the disk of the database is full: make room there; it is tried again"],
  "53300": ["unreachable", true, "the server has too many connections: raise max_connections; it is tried again"],
};
/** The database server stops, starts, or cut the connection. */
const AWAY = /^(57P0[1-5]|08...)$/;

interface PgError extends Error {
  code?: string;
}

/** The SQLSTATE, or what the system calls a broken connection. */
export function stateOf(error: unknown): string {
  return (error as PgError | undefined)?.code ?? "";
}

/** `doing`: what was tried, such as `append to the log of default`. */
export function postgresError(error: unknown, doing: string): OctopusError {
  if (error instanceof OctopusError) return error;
  if (error instanceof InvariantError) throw error;
  const state = stateOf(error);
  const message = messageOf(error);
  const known = KNOWN[state];
  if (known !== undefined) {
    const [code, retryable, next] = known;
    return new OctopusError(code, `PostgreSQL: could not ${doing}: ${message}; ${next}`, { cause: error, retryable });
  }
  // Five characters are an answer of the server; anything else is that there was none.
  if (/^[0-9A-Z]{5}$/.test(state) && !AWAY.test(state)) {
    return new OctopusError("storage_failed", `PostgreSQL: could not ${doing}: ${message} (${state})`, {
      cause: error,
      retryable: true,
    });
  }
  return new OctopusError("unreachable", `PostgreSQL: could not ${doing}: ${message}`, {
    cause: error,
    retryable: true,
  });
}

/** A refused connection to several addresses has no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "")
    return error.errors.map((one) => messageOf(one)).join("; ");
  return error instanceof Error ? error.message : String(error);
}
