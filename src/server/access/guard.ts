/**
 * Who asks, and whether he may. Owns the reading of tokens, the limits on those who send wrong ones or too many requests,
 * and the tokens that live only as long as this process.
 *
 * GD1  With access off everybody is `local`, an admin: whoever reaches the loopback address of a machine is its user.
 * GD2  A token counts until the moment that it is revoked or expires, and no longer; nothing about it is remembered but
 *      what the engine knows.
 * GD3  A refusal says nothing about which part of a token was wrong, and never repeats it.
 * GD4  Whoever sent many wrong tokens waits; a right one is let through all the same, as 256 bits are not guessed. One that
 *      was right before is no guess: the browser that still has it is told so each time.
 * GD5  In a namespace its own tokens count, and those of admins of `default`.
 */
import type { IncomingMessage } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import type { AccessRole } from "../../base/words.ts";
import type { AccessApi, Token } from "../../engine/fleet-api.ts";
import type { Principal } from "../../protocol/access.ts";
import { TooManyError } from "../problem.ts";
import { type Forwarded, forwardedOf } from "../forward/forwarded.ts";
import { addressOf, isOwnMachine, sourceOf } from "./address.ts";
import type { AuditTrail, Deed } from "./audit-trail.ts";
import { Meter, type MeterRule } from "./meter.ts";
import { type CookieOwner, readCookie } from "./cookie.ts";
import type { Operators } from "./operators.ts";
import { mayDo } from "./roles.ts";
import { bearerOf, drawToken, isSecret, readToken, type SaidToken } from "./token.ts";

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
  /** Of a namespace: its name, and who are admins of all of them. */
  namespace?: string | undefined;
  operators?: Operators | undefined;
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
  /** Of another server of the cluster. */
  readonly #vouched = new WeakSet<Principal>();
  /** Of open streams. */
  readonly #looks = new Set<() => void>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.isOn = options.isOn;
    this.#requests = options.requests === null ? undefined : new Meter(options.requests);
    this.#refusals = new Meter(options.refusals);
  }

  /**
   * Who sends this request. Throws for a token that is not good, and when there were too many. To be called once. A browser
   * that signs in or out is not asked who it was.
   */
  identify(request: IncomingMessage, isSigning = false): Principal {
    const forwarded = forwardedOf(request);
    if (!this.isOn && this.#requests === undefined && forwarded === undefined) return LOCAL;
    const principal = this.#whoSends(request, forwarded, isSigning);
    if (this.#requests !== undefined) this.#meter(this.#requests, principal, request);
    this.#callers.set(request, principal);
    return principal;
  }

  /** The server that passed it on may ask for tokens where this one does not: then the token is looked at here. */
  #whoSends(request: IncomingMessage, forwarded: Forwarded | undefined, isSigning: boolean): Principal {
    const vouched = forwarded?.principal;
    if (vouched !== undefined) this.#vouched.add(vouched);
    return vouched ?? (this.isOn || forwarded !== undefined ? this.#read(request, isSigning) : LOCAL);
  }

  /** Whom another server may take a request to come from, without looking at tokens itself. Undefined: it has to. */
  voucherFor(request: IncomingMessage): Principal | undefined {
    if (!this.isOn) return LOCAL;
    const said = saidBy(request);
    if (said === undefined) return undefined;
    const lent = this.#lent.get(said.id);
    if (lent !== undefined) return isSecret(said.secret, lent.hash) ? lent.principal : undefined;
    const { operators } = this.#options;
    const operator = operators?.byToken(said.text, request);
    return operator !== undefined && operators!.isLent(operator) ? operator : undefined;
  }

  /** False for a request with a token that nobody here has heard of. */
  knows(request: IncomingMessage): boolean {
    const said = this.isOn ? saidBy(request) : undefined;
    if (said === undefined) return true;
    if (this.#lent.has(said.id) || this.#options.access.token(said.id) !== undefined) return true;
    return this.#options.operators?.byToken(said.text, request) !== undefined;
  }

  /** Who sent a request that was identified before. */
  of(request: IncomingMessage): Principal {
    return this.#callers.get(request) ?? (this.isOn ? ANONYMOUS : LOCAL);
  }

  /** Who has this token. Undefined for one that is not good: nobody is refused, and nothing counted. */
  find(text: string, request: IncomingMessage): Principal | undefined {
    const said = readToken(text);
    if (said === undefined) return undefined;
    const lent = this.#lent.get(said.id);
    const token = lent === undefined ? this.#options.access.token(said.id) : undefined;
    if (!isSecret(said.secret, lent?.hash ?? token?.hash)) return undefined;
    if (lent !== undefined) return lent.principal;
    const now = this.#options.now();
    if (fault(token!, now) !== undefined) return undefined;
    this.#note(said.id, request, now);
    return this.#principalOf(token!);
  }

  /** Who has this token, which came with the request and not in its headers. Throws for one that is not good. */
  signIn(request: IncomingMessage, token: string): Principal {
    return this.#ownerOf(token, request, false);
  }

  /**
   * Who has the token of this id, whose secret was not sent: `isProof` says whether whoever asks has shown that he knows it.
   * `request` stands for where it comes from.
   */
  signedBy(request: IncomingMessage, id: string, isProof: (hash: string) => boolean): Principal {
    return this.#ownerBy(id, (hash) => hash !== undefined && isProof(hash), request, false);
  }

  /** Throws unless this role, or for `orWorker` also a worker, may do it. */
  check(principal: Principal, needed: AccessRole, request: IncomingMessage, orWorker = false): void {
    if (mayDo(principal.role, needed) || (orWorker && principal.role === "worker")) return;
    if (principal.role === "none") {
      // A browser that is about to sign in asks who it is: that is no try.
      if (isLookAtSession(request)) throw unauthorized("this server asks for a token: none was sent");
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
    if (!this.isOn || this.#vouched.has(principal)) return true;
    const isOperator = this.#options.operators?.isGood(principal);
    if (isOperator !== undefined) return isOperator;
    const token = this.#options.access.token(principal.who);
    return token === undefined ? this.isLent(principal) : fault(token, this.#options.now()) === undefined;
  }

  /** When what somebody came with is over; undefined: never, or when this process ends. */
  expiresAt(principal: Principal): number | undefined {
    const { access, operators } = this.#options;
    return access.token(principal.who)?.expiresAt ?? operators?.expiresAt(principal);
  }

  /** For a stream of this reader: it ends with the token, at once when that is revoked here. */
  readingOf(principal: Principal): { mayRead(): boolean; watch(look: () => void): () => void } {
    return {
      mayRead: () => this.isGood(principal),
      watch: (look) => this.watch(look),
    };
  }

  /** Calls when a token may count no more; the answer ends that. */
  watch(look: () => void): () => void {
    const stop = this.#options.operators?.watch(look);
    this.#looks.add(look);
    return () => {
      stop?.();
      this.#looks.delete(look);
    };
  }

  /** A token has been revoked: whoever is connected with it is to go. */
  revoked(): void {
    for (const look of [...this.#looks]) look();
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

  /** Nobody but this process knows its token. */
  isLent(principal: Principal): boolean {
    return this.#lent.values().some((one) => one.principal === principal);
  }

  readonly #cookieOwner = (): CookieOwner => {
    const { access, namespace } = this.#options;
    return { cluster: access.cluster(), namespace };
  };

  #read(request: IncomingMessage, isSigning: boolean): Principal {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.#ownerOf(bearerOf(authorization) ?? "", request, false);
    if (isSigning) return ANONYMOUS;
    const { operators } = this.#options;
    const kept = readCookie(request, this.#cookieOwner);
    const operator = operators?.bySession(request);
    if (kept === undefined || (operator !== undefined && this.find(kept, request) === undefined))
      return operator ?? ANONYMOUS;
    return this.#ownerOf(kept, request, true);
  }

  /** `isKept`: out of the cookie. */
  #ownerOf(text: string, request: IncomingMessage, isKept: boolean): Principal {
    const said = readToken(text);
    if (said === undefined) {
      const isJoin = text.startsWith("octojoin_");
      throw this.#wrong(request, undefined, isJoin ? JOIN : "what was sent is not a token", this.#options.now());
    }
    return (
      this.#operatorOf(said, request) ?? this.#ownerBy(said.id, (hash) => isSecret(said.secret, hash), request, isKept)
    );
  }

  /** GD5, for a token that is not one of ours. */
  #operatorOf({ id, text }: SaidToken, request: IncomingMessage): Principal | undefined {
    const { access, operators } = this.#options;
    if (operators === undefined || this.#lent.has(id) || access.token(id) !== undefined) return undefined;
    return operators.byToken(text, request);
  }

  #ownerBy(id: string, isShown: (hash?: string) => boolean, request: IncomingMessage, isKept: boolean): Principal {
    const now = this.#options.now();
    const lent = this.#lent.get(id);
    const token = lent === undefined ? this.#options.access.token(id) : undefined;
    // The comparison comes first: what is wrong with a token is told to nobody but its owner.
    if (!isShown(lent?.hash ?? token?.hash)) throw this.#wrong(request, token?.token, "wrong token", now);
    if (lent !== undefined) return lent.principal;
    const trouble = fault(token!, now);
    if (trouble !== undefined) throw this.#wrong(request, token!.token, trouble, now, isKept);
    this.#note(id, request, now);
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

  /** `known`: the token whose id was named, with a wrong secret or at a wrong time. `isFree`: it is no guess (GD4). */
  #wrong(
    request: IncomingMessage,
    known: string | undefined,
    detail: string,
    now: number,
    isFree = false,
  ): OctopusError {
    const waitMs = isFree ? 0 : this.#refusals.take(sourceOf(addressOf(request)), now);
    if (waitMs > 0) {
      this.refuse(request, { who: "anonymous", action: "refused.limit", detail: "too many wrong tokens" });
      return new TooManyError("too many wrong tokens came from this address", waitMs);
    }
    // Only whoever has the secret of a token is called by its name.
    const isOver = known !== undefined && (detail === EXPIRED || detail === REVOKED);
    this.refuse(request, { who: isOver ? known : "anonymous", action: "refused.token", subject: known, detail });
    if (isOver) return unauthorized(`this ${detail}`);
    if (detail === JOIN) return unauthorized("this is a join token, which `octopus worker --join` takes");
    const { namespace } = this.#options;
    return unauthorized(namespace === undefined ? UNKNOWN : unknownIn(namespace));
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

/** The token in the header of a request, where that is one. */
function saidBy({ headers: { authorization } }: IncomingMessage): SaidToken | undefined {
  return authorization === undefined ? undefined : readToken(bearerOf(authorization) ?? "");
}

const JOIN = "what was sent is a join token";
const REVOKED = "token was revoked";
const EXPIRED = "token has expired";
const UNKNOWN = "this token is not known here: it is wrong, or was made by another server or for a namespace";

function unknownIn(namespace: string): string {
  return `this token is not known in the namespace ${namespace}: it is wrong, or was made for another one`;
}

function fault({ revokedAt, expiresAt }: Token, now: number): string | undefined {
  if (revokedAt !== 0) return REVOKED;
  return expiresAt !== undefined && expiresAt <= now ? EXPIRED : undefined;
}

function unauthorized(message: string): OctopusError {
  return new OctopusError(
    "unauthorized",
    `${message}. \`octopus token create\` makes one on the server's machine; OCTOPUS_ACCESS_TOKEN or access.token holds it, --join that of a worker`,
  );
}

function isLookAtSession({ method, url }: IncomingMessage): boolean {
  return method === "GET" && url === "/api/v1/session";
}

/** Method and path: a query may hold anything. */
function whatIsAsked({ method = "", url = "" }: IncomingMessage): string {
  return `${method} ${url.split("?", 1)[0]!.slice(0, 200)}`;
}
