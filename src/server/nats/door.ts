/**
 * Who may open a session over NATS. The same people as over WebSocket: whoever has a token for workers, a key that a person
 * has approved, or asks a server that wants neither. What they show is never a secret (OP1).
 *
 * DR1  A nonce is good for one answer, on the link that it was drawn for. Those that wait for theirs are bounded.
 */
import { randomBytes } from "node:crypto";
import { OctopusError } from "../../base/errors.ts";
import { LINK_FORM, type OpenRequest, WIRE_VERSION } from "../../nats/opening.ts";
import { isTokenProof } from "../../nats/token-proof.ts";
import type { Principal } from "../../protocol/access.ts";
import { ANONYMOUS, type Guard, LOCAL } from "../access/guard.ts";
import { isName } from "../link-words.ts";

const WAITING_MAX = 2000;
const REQUEST_BYTES_MAX = 4096;

/** What stands for the request over HTTP that there is not: limits and the audit ask it where it comes from. */
export type Origin = Parameters<Guard["signedBy"]>[0];

export class Door {
  readonly #guard: Guard;
  /** Nonces by link, the oldest first. */
  readonly #nonces = new Map<string, string>();

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** Whom this is, or the nonce that is to be answered. Throws with words for whoever may not come in. */
  enter({ link, name, token, proof, key }: OpenRequest, origin: Origin): Principal | { nonce: string } {
    if (!this.#guard.isOn) return LOCAL;
    if (token === undefined) {
      // Whether the key is good is seen once it is proven, before hello.
      if (key !== undefined) return ANONYMOUS;
      this.#guard.check(ANONYMOUS, "worker", origin);
      return ANONYMOUS;
    }
    const nonce = this.#nonces.get(link);
    this.#nonces.delete(link);
    if (nonce === undefined || proof === undefined) return { nonce: this.#draw(link) };
    const principal = this.#guard.signedBy(origin, token, (hash) => isTokenProof(proof, hash, { nonce, link, name }));
    this.#guard.check(principal, "worker", origin);
    return principal;
  }

  #draw(link: string): string {
    const nonce = randomBytes(24).toString("base64url");
    if (this.#nonces.size >= WAITING_MAX) this.#nonces.delete(this.#nonces.keys().next().value!);
    this.#nonces.set(link, nonce);
    return nonce;
  }
}

/** What was asked, on the subject of this worker; or in words what is wrong with it. */
export function readOpen(data: Uint8Array, worker: string): OpenRequest | string {
  if (data.length > REQUEST_BYTES_MAX) return `a request for a session has at most ${REQUEST_BYTES_MAX} bytes`;
  let said: Partial<Record<keyof OpenRequest, unknown>> | null;
  try {
    said = JSON.parse(Buffer.from(data).toString("utf8"));
  } catch {
    return "a request for a session must be JSON";
  }
  if (typeof said !== "object" || said === null) return "a request for a session must be an object";
  const { wire, link, name, token, proof, epoch, key } = said;
  if (wire !== WIRE_VERSION)
    return `it speaks version ${JSON.stringify(wire)} of the wire, this server ${WIRE_VERSION}`;
  if (typeof link !== "string" || !LINK_FORM.test(link)) return "a request for a session needs a link";
  if (!isName(name) || name !== worker)
    return "a request for a session stands on the subject of the worker that it names";
  for (const text of [token, proof, epoch, key])
    if (text !== undefined && !isName(text)) return "token, proof, epoch and key must be short texts";
  return said as OpenRequest;
}

/** The link of whoever asks whether a namespace is there; undefined: no such question. */
export function readThere(data: Uint8Array): string | undefined {
  if (data.length > REQUEST_BYTES_MAX) return undefined;
  try {
    const { link } = JSON.parse(Buffer.from(data).toString("utf8")) as { link?: unknown };
    return typeof link === "string" && LINK_FORM.test(link) ? link : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the same would be refused again. */
export function isFinal(error: unknown): boolean {
  return error instanceof OctopusError && (error.code === "unauthorized" || error.code === "forbidden");
}
