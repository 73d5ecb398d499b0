/**
 * The link over WebSocket: a broken connection is made again, with growing waits.
 *
 * W1  One connection at a time; the agent hears of its end exactly once.
 * W2  A connection on which nothing comes back for three heartbeats is ended here: a server that is suspended or cut off
 *     says nothing, and TCP alone would take minutes to notice.
 */
import type { Agent } from "./agent.ts";
import { Connection } from "./reach/connection.ts";
import type { ServerAccess } from "./reach/server-access.ts";
import type { WorkerKey } from "./worker-key.ts";

const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 5000;
/** A connection that stood for this long starts the waits afresh. */
const STABLE_MS = 10_000;

export interface LinkOptions {
  server: ServerAccess;
  agent: Pick<Agent, "connected" | "disconnected" | "receive">;
  /** A number in [0, 1), for the spread of the waits. */
  random: () => number;
  /** Told at each loss of the connection; `error` is why the newest try failed. */
  onDown?: (error: string, waitMs: number) => void;
  /** The server will not have whoever comes with what we showed. Default: it is tried again. */
  onForbidden?: (reason: string) => void;
  /** Shown where the server asks for it, under this name. */
  key?: { name: string; key: WorkerKey } | undefined;
}

export class WebSocketLink {
  readonly #options: LinkOptions;
  #connection: Connection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;
  #nextWaitMs: number | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  start(): void {
    const ready = this.#options.server.prepare();
    if (ready === undefined) return this.#connect();
    ready.then(
      () => this.#isStopped || this.#connect(),
      (error: unknown) => this.#retry(error instanceof Error ? error.message : String(error)),
    );
  }

  #connect(): void {
    const { server, agent, key, onForbidden } = this.#options;
    this.#connection = new Connection(server, key, {
      open: (connection) =>
        agent.connected({
          send: (messages) => connection.send(messages),
          waiting: () => connection.waiting(),
          confirm: (done) => connection.confirm(done),
          close: () => this.stop(),
          again: () => this.again(),
        }),
      receive: (messages) => agent.receive(messages),
      forbidden: (reason) => onForbidden?.(reason),
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
    // The other addresses are tried before anybody waits.
    const isRound = !isAway || server.next();
    if (isRound) this.#failures++;
    const full = isRound ? Math.min(WAIT_MS_MIN * 2 ** (this.#failures - 1), WAIT_MS_MAX) : 0;
    const waitMs = this.#nextWaitMs ?? Math.round(full * (0.5 + random() / 2));
    this.#nextWaitMs = undefined;
    if (isRound) onDown?.(problem, waitMs);
    this.#timer = setTimeout(() => this.start(), waitMs);
  }

  /** The next try comes after this time, whatever the tries before it. */
  waitOnce(ms: number): void {
    this.#nextWaitMs = ms;
  }

  /** Connects anew, to say hello again: what the worker can do has changed. What runs goes on meanwhile. */
  again(): void {
    this.#failures = 0;
    this.#connection?.close();
  }

  /** Closes the connection for good. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
  }
}
