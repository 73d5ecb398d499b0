/**
 * How a worker reaches its server: at which addresses, what the server's certificate must be, what the worker shows it.
 * Everything that asks the server over HTTP goes through here: the link, signs of life, files.
 *
 * R1  With a fingerprint, a connection is made only to a server whose chain OpenSSL has verified against the authority (or
 *     the very certificate) with that fingerprint. Until then nothing is sent, the token least of all.
 */
import { readFileSync } from "node:fs";
import type http from "node:http";
import type { PeerCertificate } from "node:tls";
import { assert } from "../../base/assert.ts";
import { OctopusError } from "../../base/errors.ts";
import { below } from "../../base/namespace-url.ts";
import type { Pinned } from "../../trust/pin.ts";

/** A server as its worker is told of it. */
export interface ServerRef {
  /** Base URLs, the likeliest first. */
  urls: readonly string[];
  /** SHA-256 of its authority's certificate in lower-case hex; absent: what the machine trusts. */
  fingerprint?: string | undefined;
  /** Access token; absent for a worker that has a key, and where none is needed. */
  token?: string | undefined;
  /** `server.json` of a server on this machine, when the token came from it: the server draws another one at each start. */
  tokenFile?: string | undefined;
  /** Told of what a server said of the others of its cluster, when that is news. */
  learned?: ((urls: readonly string[]) => void) | undefined;
}

/** Connections at once for files, and for whatever else is asked. */
const SOCKETS_MAX = 4;

export class ServerAccess {
  readonly fingerprint: string | undefined;
  readonly #given: readonly string[];
  readonly #learned: ServerRef["learned"];
  #urls: readonly string[];
  /** What was learned last. */
  #told = "";
  readonly #tokenFile: string | undefined;
  #token: string | undefined;
  readonly #agents = new Map<string, http.Agent>();
  #at = 0;
  #sessionToken: string | undefined;
  #pinned: Pinned | undefined;

  constructor({ urls, fingerprint, token, tokenFile, learned }: ServerRef) {
    assert(urls.length > 0, "a server has an address");
    const plain = fingerprint === undefined ? undefined : urls.find((url) => !url.startsWith("https:"));
    if (plain !== undefined) {
      const message = `a fingerprint was given, and ${plain} has no certificate to compare; write https://, or leave the fingerprint out`;
      throw new OctopusError("invalid", message);
    }
    this.#given = urls;
    this.#urls = urls;
    this.#learned = learned;
    this.fingerprint = fingerprint;
    this.#token = token;
    this.#tokenFile = tokenFile;
  }

  /** Base URL of the address that is in use. */
  get url(): string {
    return this.#urls[this.#at]!;
  }

  /** The address in use was not given, but learned: who answers there may be somebody else by now. */
  get isLearned(): boolean {
    return !this.#given.includes(this.url);
  }

  /**
   * A server says where those of its cluster are: they are tried after those that were given. Where this one was reached over
   * TLS, the others are, too. A token from this machine's own server is good for no other, so nothing is learned with it.
   */
  learn(servers: readonly string[]): void {
    if (this.#tokenFile !== undefined) return;
    const { url: current, isSecure } = this;
    const urls = servers.filter((url) => URL.canParse(url) && (!isSecure || url.startsWith("https:")));
    if (urls.join(" ") === this.#told) return;
    this.#told = urls.join(" ");
    this.#urls = [...new Set([...this.#given, current, ...urls])];
    this.#at = this.#urls.indexOf(current);
    this.#learned?.(urls);
  }

  get addresses(): number {
    return this.#urls.length;
  }

  get isSecure(): boolean {
    return this.url.startsWith("https:");
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /** A token that is not good now may be followed by one that is. */
  get isTokenFleeting(): boolean {
    return this.#token === undefined || this.#tokenFile !== undefined;
  }

  /**
   * PEM of the certificate that everything is verified against, and whether the server's own may be for any name; undefined
   * without a fingerprint, or before `prepare`.
   */
  get authority(): { pem: string; anyName: boolean } | undefined {
    if (this.#pinned === undefined) return undefined;
    const { ca, checkServerIdentity } = this.#pinned;
    const nobody = { subject: {}, subjectaltname: "" } as PeerCertificate;
    return { pem: ca as string, anyName: checkServerIdentity?.("nobody.invalid", nobody) === undefined };
  }

  /** The address in use does not answer: the next one is. True when all of them have had their turn. */
  next(): boolean {
    this.#at = (this.#at + 1) % this.#urls.length;
    return this.#at === 0;
  }

  /** Given by the server for this session, and undefined when that is over, to a worker that has no token. */
  setSessionToken(token: string | undefined): void {
    this.#sessionToken = token;
  }

  /**
   * Reads the token again, where it may have changed, and gets the certificate with the fingerprint, from what the server shows; nothing to do, and undefined at once, without a
   * fingerprint or when it is known. Rejects with words when the server shows another one.
   */
  prepare(): Promise<void> | undefined {
    if (this.#tokenFile !== undefined) this.#token = tokenIn(this.#tokenFile) ?? this.#token;
    const { fingerprint } = this;
    if (fingerprint === undefined || this.#pinned !== undefined) return undefined;
    const url = new URL(this.url);
    // Few workers need it, and all of them shall be small.
    return import("../../trust/pin.ts").then(async ({ pin }) => {
      this.#pinned = await pin(url, fingerprint);
    });
  }

  /** The server's certificate was not good: what it shows is looked at again, which says in words what is wrong. */
  distrust(): void {
    this.#pinned = undefined;
  }

  /**
   * Whether the same question may get another answer later. A token for a session ends with its connection, which may come
   * again at any moment.
   */
  mayAnswerOtherwise(status: number): boolean {
    return status >= 500 || status === 429 || (status === 401 && this.isTokenFleeting);
  }

  /** What a connection with TLS is made with; empty without a fingerprint. */
  tls(): Partial<Pinned> {
    if (this.fingerprint === undefined) return {};
    if (this.#pinned === undefined) throw new OctopusError("unreachable", `the server at ${this.url} is not known yet`);
    return this.#pinned;
  }

  headers(): Record<string, string> {
    const token = this.#token ?? this.#sessionToken;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** A request to the server on a connection that is kept. `path` begins with a slash. */
  request(path: string, options: http.RequestOptions = {}): http.ClientRequest {
    const { request, Agent } = webModule(this.isSecure);
    let agent = this.#agents.get(this.url);
    if (agent === undefined) {
      agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
      this.#agents.set(this.url, agent);
    }
    const headers = { ...this.headers(), ...(options.headers as http.OutgoingHttpHeaders | undefined) };
    return request(new URL(below(this.url, path)), { ...options, ...this.tls(), agent, headers });
  }
}

/** The right of a worker, where the server gives that apart; undefined while it is away, and its file with it. */
function tokenIn(file: string): string | undefined {
  try {
    const { token: any, workerToken: token = any } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}

/** Importing them would read each of their exports, among them those that load a WebSocket and fetch: 15 MB. */
function webModule(isSecure: boolean): Pick<typeof http, "request" | "Agent"> {
  return isSecure ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
}
