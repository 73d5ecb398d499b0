/**
 * How the client reaches a server: one call for an answer, one for a stream. Two implementations: node:http with kept
 * connections, and `fetch` everywhere else. A transport turns every failure to get an answer into `unreachable` or
 * `timeout`; what an answer means is not its business.
 *
 * A server may close a connection that nobody uses in the moment in which a call takes it, and nobody can tell then whether
 * the server has read the call.
 *
 * TR1  A call that may be sent again, and whose kept connection broke before any answer, is sent again once, over a
 *      connection of its own. `fetch` of browsers does the same.
 * TR2  Any other call is sent once, and only over a connection that was in use within `FRESH_MS`, or is new.
 */
import { OctopusError } from "../base/errors.ts";
import { certificateTrouble } from "../trust/pin.ts";

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, beginning with `/`. */
  path: string;
  body?: string;
  contentType?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Sent twice it does what it does once, and is granted twice. GET always may. */
  isRepeatable?: boolean;
  /** One of very many: a transport may have a quicker way for them. */
  isFrequent?: boolean;
  /** Longest silence that is accepted. */
  silenceMs: number;
}

export interface Reply {
  status: number;
  contentType: string;
  /** How far a server of a cluster was when it answered: `default:1234`. */
  sequence?: string | undefined;
  body: string;
}

export interface StreamReply {
  status: number;
  contentType: string;
  sequence?: string | undefined;
  /** The body as it arrives. Ends when the server ends it; throws `unreachable` when the connection breaks. */
  chunks: AsyncIterable<Uint8Array>;
}

/** A connection that was used so short a time ago was not given up by anybody for being idle. */
export const FRESH_MS = 500;

export function mayRepeat({ method, isRepeatable }: Call): boolean {
  return method === "GET" || isRepeatable === true;
}

/** Whether this is how a connection looks that the other side had closed. */
export function isClosedByPeer({ code }: { code?: string }): boolean {
  return code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED";
}

/** Headers by which a reader sees what it has seen before, whichever server of a cluster answers. */
export const SEQUENCE = "octopus-sequence";
export const AFTER = "octopus-after";

/** What a server asks of those who ask it. */
export interface Credentials {
  /** Access token. */
  token?: string | undefined;
  /** SHA-256 in hex of the certificate authority that the server must have; absent: one that this machine trusts. */
  fingerprint?: string | undefined;
}

export interface Transport {
  call(call: Call): Promise<Reply>;
  stream(call: Call): Promise<StreamReply>;
  /** Ends kept connections. */
  close(): void;
}

/** No answer: names the server, the reason and what to do. */
export function unreachable(base: string, reason: string, cause?: unknown): OctopusError {
  return new OctopusError(
    "unreachable",
    `no answer from ${base} (${reason}): start a server with \`octopus up\`, or name one with --server or OCTOPUS_SERVER_URL`,
    { cause, retryable: true },
  );
}

/** The connection broke, or never came to be: `unreachable`, with the reason in words where it is about certificates. */
export function brokenOff(base: string, error: { code?: string; message: string }): OctopusError {
  const trouble = certificateTrouble(error);
  if (trouble === undefined) return unreachable(base, error.code ?? error.message, error);
  return new OctopusError("unreachable", `${base} is not trusted: ${trouble}`, { cause: error });
}

/** The server took the request and then said nothing for too long. */
export function silent(base: string, call: Call): OctopusError {
  return new OctopusError(
    "timeout",
    `${base} gave no answer to ${call.method} ${call.path} within ${call.silenceMs / 1000} s`,
    {
      retryable: true,
    },
  );
}
