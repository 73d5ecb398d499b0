/**
 * What one server of a cluster tells another of a request that it passes on: from where it came, and for whom it speaks.
 *
 * FW1  It is believed only on streams between servers: whoever sends the header himself is not heard.
 * FW2  A server that asks for no tokens vouches for its callers, as it would serve them itself; one that asks for tokens
 *      vouches only for those that it lent itself, and the leader looks at all others.
 */
import type { IncomingMessage } from "node:http";
import type { Principal } from "../../protocol/access.ts";

export const FORWARDED = "octopus-forwarded";

export interface Forwarded {
  /** Of the client. */
  address: string;
  /** Whoever asks is this one; absent: its token says who it is. */
  principal?: Principal | undefined;
  /** SHA-256 in hex of the certificate that the client saw; absent without TLS. */
  certificate?: string | undefined;
}

const KNOWN = new WeakMap<object, Forwarded>();

/** What the server that passed the request on says of it; undefined: it came straight from the client. */
export function forwardedOf(request: object): Forwarded | undefined {
  return KNOWN.get(request);
}

/** To be called where it is certain, and nowhere else (FW1). */
export function knowForwarded(request: object, forwarded: Forwarded): void {
  KNOWN.set(request, forwarded);
}

/** As a header: JSON of ASCII letters alone. */
export function writeForwarded(forwarded: Forwarded): string {
  return JSON.stringify(forwarded).replace(
    /[\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Keeps what the header says of a request on a stream between servers. False: it says nothing that can be read. */
export function readForwarded(request: IncomingMessage): boolean {
  const text = request.headers[FORWARDED];
  if (typeof text !== "string") return false;
  try {
    const { address, principal, certificate } = JSON.parse(text) as Forwarded;
    if (typeof address !== "string") return false;
    knowForwarded(request, { address, principal, certificate });
    return true;
  } catch {
    return false;
  }
}
