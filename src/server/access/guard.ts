/**
 * Who asks, and whether he may. Owns the reading of tokens, the limits on those who send wrong ones or too many requests,
 * and the tokens that live only as long as this process.
 *
 * GD1  With access off everybody is `local`, an admin: whoever reaches the loopback address of a machine is its user.
 * GD2  A token counts until the moment that it is revoked or expires, and no longer; nothing about it is remembered but
 *      what the engine knows.
 * GD3  A refusal says nothing about which part of a token was wrong, and never repeats it.
 * GD4  Whoever sent many wrong tokens waits; a right one is let through all the same, as 256 bits are not guessed.
 */
import type { IncomingMessage } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import type { AccessRole } from "../../base/words.ts";
import type { AccessApi, Token } from "../../engine/fleet-api.ts";
import type { Principal } from "../../protocol/access.ts";
import { TooManyError } from "../problem.ts";
import { addressOf, isOwnMachine, sourceOf } from "./address.ts";
import type { AuditTrail, Deed } from "./audit-trail.ts";
import { Meter, type MeterRule } from "./meter.ts";
import { mayDo } from "./roles.ts";
import { drawToken, isSecret, readBearer } from "./token.ts";

export const LOCAL: Principal = Object.freeze({ who: "local", role: "admin" });
export const ANONYMOUS: Principal = Object.freeze({ who: "anonymous", role: "none" });

export interface GuardOptions {
  /** Tokens are needed. */
  isOn: boolean;
  access: AccessApi;
  trail: AuditTrail;
  /** Requests of one token or address; null = no limit. */
  requests: MeterRule | null;
  /** Wrong tokens of one address. */
  refusals: MeterRule;
  now(): number;
}

/** A token that nobody but this process knows, good until it ends. */
export interface Lent {
  token: string;
  end(): void;
}

/** When and from where a token was used last. */
export interface Use {
  at: number;
  address: string;
}

export class Guard {
  readonly isOn: boolean;
  readonly #options: GuardOptions;
  readonly #requests: Meter | undefined;
  readonly #refusals: Meter;
  readonly #lent = new Map<string, { hash: string; principal: Principal }>();
  readonly #principals = new WeakMap<Token, Principal>();
  readonly #callers = new WeakMap<IncomingMessage, Principal>();
  readonly #uses = new Map<string, Use>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.isOn = options.isOn;
    this.#requests = options.requests === null ? undefined : new Meter(options.requests);
    this.#refusals = new Meter(options.refusals);
  }

  /** Who sends this request. Throws for a token that is not good, and when there were too many. To be called once. */
  identify(request: IncomingMessage): Principal {
    if (!this.isOn && this.#requests === undefined) return LOCAL;
    const principal = this.isOn ? this.#read(request) : LOCAL;
    if (this.#requests !== undefined) this.#meter(this.#requests, principal, request);
    this.#callers.set(request, principal);
    return principal;
  }

  /** Who sent a request that was identified before. */
  of(request: IncomingMessage): Principal {
    return this.#callers.get(request) ?? (this.isOn ? ANONYMOUS : LOCAL);
  }

  /** Throws unless this role, or for `orWorker` also a worker, may do it. */
  check(principal: Principal, needed: AccessRole, request: IncomingMessage, orWorker = false): void {
    if (mayDo(principal.role, needed) || (orWorker && principal.role === "worker")) return;
    if (principal.role === "none") {
      this.refuse(request, { who: principal.who, action: "refused.token", detail: "no token was sent" });
      throw unauthorized("this server asks for a token: none was sent");
    }
    const message = `the role ${principal.role} of this token may not do this: it needs the role ${needed}`;
    this.refuse(request, {
      who: principal.who,
      action: "refused.role",
      subject: whatIsAsked(request),
      detail: message,
    });
    throw new OctopusError("forbidden", `${message}; \`octopus token create --role ${needed}\` makes one`);
  }

  /** Throws unless a token that is bound to arms has all of these. */
  checkArms(principal: Principal, arms: Iterable<string>, request: IncomingMessage): void {
    if (principal.arms === undefined) return;
    for (const arm of arms) {
      if (principal.arms.includes(arm)) continue;
      throw this.outside(principal, request, `this token is for the arms ${principal.arms.join(", ")}, not for ${arm}`);
    }
  }

  /** The refusal of what a token that is bound to arms may not do. */
  outside(principal: Principal, request: IncomingMessage, message: string): OctopusError {
    this.refuse(request, { who: principal.who, action: "refused.arm", subject: whatIsAsked(request), detail: message });
    return new OctopusError("forbidden", message);
  }

  /** Notes that somebody was refused. */
  refuse(request: Parameters<typeof addressOf>[0], deed: Omit<Deed, "address">): void {
    this.#options.trail.refused({ address: addressOf(request), ...deed });
  }

  /** Whether what a connection was opened with still counts. */
  isGood(principal: Principal): boolean {
    if (!this.isOn) return true;
    const token = this.#options.access.token(principal.who);
    return token === undefined ? this.#principalsLent(principal) : fault(token, this.#options.now()) === undefined;
  }

  /** Makes a token for somebody close by. */
  lend(principal: Principal): Lent {
    const { id, text, hash } = drawToken();
    this.#lent.set(id, { hash, principal });
    return { token: text, end: () => this.#lent.delete(id) };
  }

  lastUse(token: string): Use | undefined {
    return this.#uses.get(token);
  }

  #principalsLent(principal: Principal): boolean {
    return this.#lent.values().some((one) => one.principal === principal);
  }

  #read(request: IncomingMessage): Principal {
    const header = request.headers.authorization;
    if (header === undefined) return ANONYMOUS;
    const now = this.#options.now();
    const said = readBearer(header);
    if (said === undefined) throw this.#wrong(request, undefined, "what was sent is not a token", now);
    const lent = this.#lent.get(said.id);
    const token = lent === undefined ? this.#options.access.token(said.id) : undefined;
    // The comparison comes first: what is wrong with a token is told to nobody but its owner.
    if (!isSecret(said.secret, lent?.hash ?? token?.hash)) throw this.#wrong(request, token?.token, "wrong token", now);
    if (lent !== undefined) return lent.principal;
    const trouble = fault(token!, now);
    if (trouble !== undefined) throw this.#wrong(request, token!.token, trouble, now);
    this.#note(said.id, request, now);
    return this.#principalOf(token!);
  }

  #principalOf(token: Token): Principal {
    const known = this.#principals.get(token);
    if (known !== undefined) return known;
    const { role, arms, worker } = token;
    const principal = { who: token.token, role, ...(arms && { arms }), ...(worker !== undefined && { worker }) };
    this.#principals.set(token, principal);
    return principal;
  }

  #note(id: string, request: IncomingMessage, at: number): void {
    const use = this.#uses.get(id);
    if (use !== undefined && at - use.at < 1000) return;
    this.#uses.set(id, { at, address: addressOf(request) });
  }

  /** `known`: the token whose id was named, with a wrong secret or at a wrong time. */
  #wrong(request: IncomingMessage, known: string | undefined, detail: string, now: number): OctopusError {
    const source = sourceOf(addressOf(request));
    const waitMs = this.#refusals.take(source, now);
    if (waitMs > 0) {
      this.refuse(request, { who: "anonymous", action: "refused.limit", detail: "too many wrong tokens" });
      return new TooManyError("too many wrong tokens came from this address", waitMs);
    }
    // Only whoever has the secret of a token is called by its name.
    const isOver = known !== undefined && (detail === EXPIRED || detail === REVOKED);
    this.refuse(request, { who: isOver ? known : "anonymous", action: "refused.token", subject: known, detail });
    return unauthorized(
      isOver ? `this ${detail}` : "this token is not known here: it is wrong, or was made by another server",
    );
  }

  #meter(meter: Meter, principal: Principal, request: IncomingMessage): void {
    const address = addressOf(request);
    if (isOwnMachine(address)) return;
    const isNamed = principal !== ANONYMOUS && principal !== LOCAL;
    const waitMs = meter.take(isNamed ? principal.who : sourceOf(address), this.#options.now());
    if (waitMs === 0) return;
    this.refuse(request, { who: principal.who, action: "refused.limit", detail: "too many requests" });
    throw new TooManyError(
      `more requests than limits.requests allows for one ${isNamed ? "token" : "address"}`,
      waitMs,
    );
  }
}

const REVOKED = "token was revoked";
const EXPIRED = "token has expired";

function fault({ revokedAt, expiresAt }: Token, now: number): string | undefined {
  if (revokedAt !== 0) return REVOKED;
  return expiresAt !== undefined && expiresAt <= now ? EXPIRED : undefined;
}

function unauthorized(message: string): OctopusError {
  return new OctopusError(
    "unauthorized",
    `${message}. \`octopus token create\` makes one on the server's machine; OCTOPUS_ACCESS_TOKEN or access.token holds it`,
  );
}

/** Method and path: a query may hold anything. */
function whatIsAsked({ method = "", url = "" }: IncomingMessage): string {
  return `${method} ${url.split("?", 1)[0]!.slice(0, 200)}`;
}
