/**
 * The link to the server, whatever carries it: a broken connection is made again, with growing waits.
 *
 * W1  One connection at a time; the agent hears of its end exactly once.
 * W2  A connection on which nothing comes back for three heartbeats is ended here: a server that is suspended or cut off
 *     says nothing, and TCP alone would take minutes to notice.
 * W3  A fingerprint that no address has shown is a wrong argument, and ends the link. Once it was right, another server at
 *     the address ends nothing: what runs here is not for whoever takes over an address to end.
 * W4  A namespace that is not there ends the link when it was not for a while: one that was made a moment ago is not known to
 *     every server of a cluster yet.
 */
import { OctopusError } from "../base/errors.ts";
import type { ToWorker } from "../protocol/link.ts";
import type { Agent } from "./agent.ts";
import type { Link } from "./outbox.ts";

const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 5000;
const HURRY_MS_MAX = 100;
/** A connection that stood for this long starts the waits afresh. */
const STABLE_MS = 10_000;
/** How long a namespace may be missing. */
const MISSING_MS_MAX = 15_000;

/** Where the server is, as far as the link has to know. */
export interface Reached {
  readonly url: string;
  readonly addresses: number;
  prepare(): Promise<void> | undefined;
  next(): boolean;
}

/** One connection, from the first packet to its end. */
export interface OpenLink extends Pick<Link, "send" | "close"> {
  waiting(): number;
  confirm(done: () => void): void;
}

export interface OpenLinkEvents {
  /** Whether attempts run here. */
  isBusy(): boolean;
  /** Messages may be sent from now on. */
  open(connection: OpenLink): void;
  receive(messages: readonly ToWorker[]): void;
  /** The server will not have whoever comes with what we showed. */
  forbidden(reason: string): void;
  /** The namespace that we came for is not there. */
  missing(reason: string): void;
  /** Told once, last of all. `wasOpenMs` is how long it stood; undefined when it never did. */
  closed(problem: string, wasOpenMs: number | undefined): void;
}

export interface LinkOptions<R extends Reached = Reached> {
  server: R;
  agent: Pick<Agent, "connected" | "disconnected" | "receive"> & Partial<Pick<Agent, "active">>;
  /** A number in [0, 1), for the spread of the waits. */
  random: () => number;
  /** Told at each loss of the connection; `error` is why the newest try failed. */
  onDown?: (error: string, waitMs: number) => void;
  /** The server will not have whoever comes with what we showed. Default: it is tried again. */
  onForbidden?: (reason: string) => void;
  /** Other servers than the one with the fingerprint answer at all addresses (W3). Default: they are tried again. */
  onStranger?: (problem: string) => void;
}

export class ServerLink {
  readonly #options: LinkOptions;
  readonly #open: (events: OpenLinkEvents) => OpenLink;
  #connection: OpenLink | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;
  /** Since when the namespace was missing each time. */
  #missingSince: number | undefined;
  #nextWaitMs: number | undefined;
  /** The connection was ended here, to be made anew. */
  #isAgain = false;
  /** Of the addresses of this round, those at which another server answered; not counted once the right one was found. */
  #strangers: number | undefined = 0;

  /** `open` begins a connection. */
  constructor(options: LinkOptions, open: (events: OpenLinkEvents) => OpenLink) {
    this.#options = options;
    this.#open = open;
  }

  start(): void {
    const ready = this.#options.server.prepare();
    if (ready === undefined) return this.#connect();
    ready.then(
      () => this.#isStopped || this.#connect(),
      (error: unknown) => this.#unprepared(error),
    );
  }

  #unprepared(error: unknown): void {
    const { server, onStranger } = this.#options;
    const problem = error instanceof Error ? error.message : String(error);
    const isStranger = error instanceof OctopusError && !error.retryable;
    if (isStranger && this.#strangers !== undefined && ++this.#strangers === server.addresses) onStranger?.(problem);
    this.#retry(problem);
  }

  #connect(): void {
    const { server, agent, onForbidden } = this.#options;
    // Its certificate was the right one.
    this.#strangers = undefined;
    this.#connection = this.#open({
      isBusy: () => (agent.active ?? 0) > 0,
      open: (connection) => {
        this.#missingSince = undefined;
        agent.connected({
          address: server.url,
          send: (messages) => connection.send(messages),
          waiting: () => connection.waiting(),
          confirm: (done) => connection.confirm(done),
          close: () => this.stop(),
          again: () => this.again(),
        });
      },
      receive: (messages) => agent.receive(messages),
      forbidden: (reason) => onForbidden?.(reason),
      missing: (reason) => {
        this.#missingSince ??= performance.now();
        if (performance.now() - this.#missingSince > MISSING_MS_MAX) onForbidden?.(reason);
      },
      closed: (problem, wasOpenMs) => {
        agent.disconnected();
        if (wasOpenMs !== undefined && wasOpenMs > STABLE_MS) this.#failures = 0;
        this.#retry(problem, wasOpenMs === undefined);
      },
    });
  }

  /** `isAway`: nobody answered at this address. */
  #retry(problem: string, isAway = true): void {
    if (this.#isStopped) return;
    const { server, random, onDown } = this.#options;
    if (this.#isAgain) {
      this.#isAgain = false;
      return this.start();
    }
    // The other addresses are tried before anybody waits.
    const isRound = !isAway || server.next();
    if (isRound) {
      this.#failures++;
      this.#strangers &&= 0;
    }
    const full = isRound ? Math.min(WAIT_MS_MIN * 2 ** (this.#failures - 1), WAIT_MS_MAX) : 0;
    const waitMs = this.#nextWaitMs ?? Math.round(full * (0.5 + random() / 2));
    this.#nextWaitMs = undefined;
    if (isRound) onDown?.(problem, waitMs);
    this.#timer = setTimeout(() => this.#try(), waitMs);
  }

  /** The next try comes after this time, whatever the tries before it. */
  waitOnce(ms: number): void {
    this.#nextWaitMs = ms;
  }

  /** Somebody said that the server is there: the next try comes now, or in a moment. */
  hurry(): void {
    if (this.#isStopped || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    // Its workers do not come all at the same instant.
    this.#timer = setTimeout(() => this.#try(), Math.round(this.#options.random() * HURRY_MS_MAX));
  }

  #try(): void {
    this.#timer = undefined;
    this.start();
  }

  /** Connects anew, to say hello again: what the worker can do has changed. What runs goes on meanwhile. */
  again(): void {
    this.#failures = 0;
    this.#isAgain = this.#connection !== undefined;
    this.#connection?.close();
  }

  /** Closes the connection for good. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
  }
}
