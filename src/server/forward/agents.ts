/**
 * Kept streams to the server that leads, as connections of Node's HTTP client. A stream between servers is no socket: what
 * the client asks of one beyond reading and writing does nothing here.
 *
 * AG1  When another server leads, streams to the one before are cut after a moment in which it may still answer: a server
 *      that hangs would otherwise keep its callers for ever.
 */
import { Agent } from "node:http";
import type { Duplex } from "node:stream";

/** Answers that a leader which has handed over has still to give. */
const AFTERMATH_MS = 2000;
const IDLE_MAX = 16;

class StreamAgent extends Agent {
  readonly #open: () => Duplex;

  constructor(open: () => Duplex) {
    super({ keepAlive: true, maxFreeSockets: IDLE_MAX });
    this.#open = open;
  }

  override createConnection(): Duplex {
    return asSocket(this.#open());
  }
}

/** The methods of sockets that Node's HTTP calls without asking. */
export function asSocket(stream: Duplex): Duplex {
  const itself = (): Duplex => stream;
  for (const name of ["setTimeout", "setNoDelay", "setKeepAlive", "ref", "unref"])
    if (!(name in stream)) Object.defineProperty(stream, name, { value: itself, configurable: true });
  return stream;
}

/** Streams to one server at a time. */
export class Agents {
  readonly #connect: (server: string) => Duplex;
  #server: string | undefined;
  #agent: StreamAgent | undefined;
  readonly #raw = new Set<{ server: string; stream: Duplex }>();

  constructor(connect: (server: string) => Duplex) {
    this.#connect = connect;
  }

  /** For requests to this server. */
  to(server: string): Agent {
    if (this.#server !== server || this.#agent === undefined) {
      this.turnTo(undefined);
      this.#server = server;
      this.#agent = new StreamAgent(() => this.#connect(server));
    }
    return this.#agent;
  }

  /** A stream of its own, for a connection that is no more HTTP after its first answer. */
  raw(server: string): Duplex {
    const stream = this.#connect(server);
    const entry = { server, stream };
    this.#raw.add(entry);
    stream.once("close", () => this.#raw.delete(entry));
    return stream;
  }

  /** This server leads now, or nobody. */
  turnTo(server: string | undefined): void {
    if (server === this.#server && server !== undefined) return;
    const [agent, raw] = [this.#agent, [...this.#raw].filter((one) => one.server !== server)];
    this.#agent = undefined;
    this.#server = undefined;
    if (agent === undefined && raw.length === 0) return;
    setTimeout(() => {
      agent?.destroy();
      for (const { stream } of raw) stream.destroy();
    }, AFTERMATH_MS).unref();
  }

  close(): void {
    this.#agent?.destroy();
    for (const { stream } of this.#raw) stream.destroy();
  }
}
