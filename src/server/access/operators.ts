/**
 * Admins of `default`, who are admins of every namespace. The main server makes one of these for the servers of its
 * namespaces; nobody else of another namespace is anybody in one.
 *
 * OP1  Only whoever may do everything in `default` crosses: a token that is bound to arms does not. Of the tokens that live
 *      only as long as this process, by which programs of its own user ask, that for any worker does, too.
 * OP2  It counts in a namespace exactly as long as in `default`.
 * OP3  Asking changes nothing: whoever is refused is refused, counted and noted by the namespace that was asked.
 */
import type { IncomingMessage } from "node:http";
import type { AccessApi } from "../../engine/fleet-api.ts";
import type { Principal } from "../../protocol/access.ts";
import { type CookieOwner, readCookie } from "./cookie.ts";
import type { Guard } from "./guard.ts";

/** What stands before the id of a token of `default` where a namespace speaks of it. */
const OF_DEFAULT = "default/";

export class Operators {
  readonly #guard: Guard;
  readonly #access: AccessApi;
  /** As namespaces know them, by what they are in `default`; and back. */
  readonly #known = new WeakMap<Principal, Principal>();
  readonly #origins = new WeakMap<Principal, Principal>();

  constructor(guard: Guard, access: AccessApi) {
    this.#guard = guard;
    this.#access = access;
  }

  /** Whom this token makes an admin of everything; undefined: nobody. */
  byToken(text: string, request: IncomingMessage): Principal | undefined {
    const found = this.#guard.find(text, request);
    if (found === undefined || !this.#mayCross(found)) return undefined;
    let known = this.#known.get(found);
    if (known === undefined) {
      const who = this.#access.token(found.who) === undefined ? found.who : OF_DEFAULT + found.who;
      known = { who, role: found.role };
      this.#known.set(found, known);
      this.#origins.set(known, found);
    }
    return known;
  }

  /** The same, of a browser that is signed in at `default`. */
  bySession(request: IncomingMessage): Principal | undefined {
    const kept = readCookie(request, () => this.cookieOwner);
    return kept === undefined ? undefined : this.byToken(kept, request);
  }

  /** Whom a server of the cluster may take a request to come from that asks in a namespace. Undefined: it has to look. */
  voucherFor(request: IncomingMessage): Principal | undefined {
    const vouched = this.#guard.voucherFor(request);
    return vouched !== undefined && this.#mayCross(vouched) ? vouched : undefined;
  }

  #mayCross(principal: Principal): boolean {
    const { role, arms, worker } = principal;
    if (arms !== undefined || worker !== undefined) return false;
    return role === "admin" || (role === "worker" && this.#guard.isLent(principal));
  }

  /** Whose cookie it is. */
  get cookieOwner(): CookieOwner {
    return { cluster: this.#access.cluster() };
  }

  /** Undefined: it is no admin of `default` at all. */
  isGood(principal: Principal): boolean | undefined {
    const origin = this.#origins.get(principal);
    return origin && this.#guard.isGood(origin);
  }

  /** Nobody but this process knows the token. */
  isLent(principal: Principal): boolean {
    const origin = this.#origins.get(principal);
    return origin !== undefined && this.#guard.isLent(origin);
  }

  /** What a person calls the token; undefined: it is no admin of `default`, or has no name. */
  nameOf(principal: Principal): string | undefined {
    const origin = this.#origins.get(principal);
    const token = origin && this.#access.token(origin.who);
    return token && `${token.name} of default`;
  }

  expiresAt(principal: Principal): number | undefined {
    const origin = this.#origins.get(principal);
    return origin && this.#guard.expiresAt(origin);
  }

  /** Calls when one may count no more. */
  watch(look: () => void): () => void {
    return this.#guard.watch(look);
  }
}
