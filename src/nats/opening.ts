/**
 * What passes before a session over NATS begins: a worker asks on its `open` subject, and the server that leads answers on
 * the worker's `down` subjects with the mark of the session. Types only; the server checks what comes.
 *
 * OP1  No secret is sent: of a token its public part, and a code over what the server has drawn; of a key its public half.
 */

/** Says that this side speaks the conversation described here. */
export const WIRE_VERSION = 1;

export interface OpenRequest {
  wire: number;
  /** Drawn by the worker for this session. */
  link: string;
  name: string;
  /** Public part of its access token. */
  token?: string;
  /** Code over the nonce that the server has drawn for this link. */
  proof?: string;
  /** Of the server that has drawn the nonce: no other one is meant. */
  epoch?: string;
  /** Its public key, when it has no token. */
  key?: string;
}

/** Answer on `…down.<epoch>.<link>.open`. */
export type OpenAnswer =
  /** The token is to be shown. */
  | { nonce: string }
  /** The session stands; `hello` is next, or what answers a challenge that comes first. */
  | { server: string; term: number; challenge?: true };

/** Answer on `…down.<epoch>.<link>.refused`. */
export interface OpenRefusal {
  reason: string;
  /** Asking again brings nothing. */
  final: boolean;
  /** There is no such namespace: asking again brings something only where it was made a moment ago. */
  missing?: true;
}

/** On `…there`, when NATS says that nobody listens on `…open`: is the namespace there at all? Answered by a refusal in any case. */
export interface ThereRequest {
  /** As in the request before it. */
  link: string;
}

/** Why a session ends, on `….end` of either side. */
export interface SessionEnd {
  reason: string;
}

/** On the subject `leader` of the shard; `server` is empty when nobody leads any more. */
export interface LeaderWord {
  server: string;
  term: number;
  epoch: string;
}

export const LINK_FORM = /^[A-Za-z0-9]{8,40}$/;
