/**
 * Connected workers as the engine sees them: their ports, what they last said of themselves, and which of their results
 * are to be acknowledged after the next append.
 */
import { assert } from "../base/assert.ts";
import type { ToWorker } from "../protocol/link.ts";
import type { WorkerPort } from "./api.ts";

export class Session {
  readonly id: number;
  readonly port: WorkerPort;
  /** Set by `hello`. */
  name: string | undefined;
  /** Number of the newest result received, and of the newest acknowledged one. */
  received = 0;
  acknowledged = 0;
  load = 0;
  rssBytes = 0;
  connectedAt = 0;
  closed = false;
  /** Nothing is sent before the answer to its hello. */
  held = false;
  readonly #out: ToWorker[] = [];

  constructor(id: number, port: WorkerPort) {
    this.id = id;
    this.port = port;
  }

  /** Puts a message behind those that wait to be sent; everything of a turn leaves in one go. */
  post(message: ToWorker): void {
    this.#out.push(message);
  }

  /** The answer to its hello goes before whatever is held. */
  welcome(message: ToWorker): void {
    this.#out.unshift(message);
    this.held = false;
  }

  flush(): void {
    if (this.held) return;
    if (this.received > this.acknowledged) {
      this.#out.push({ type: "ack", n: this.received });
      this.acknowledged = this.received;
    }
    if (this.#out.length === 0 || this.closed) return;
    this.port.send(this.#out.splice(0));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.port.close();
  }
}

export class Sessions {
  readonly #byId = new Map<number, Session>();
  readonly #byName = new Map<string, Session>();
  #last = 0;

  open(port: WorkerPort): Session {
    const session = new Session(++this.#last, port);
    this.#byId.set(session.id, session);
    return session;
  }

  named(name: string): Session | undefined {
    return this.#byName.get(name);
  }

  /** The session speaks for this worker from now on. */
  name(session: Session, name: string): void {
    assert(session.name === undefined, "a session says hello once");
    session.name = name;
    this.#byName.set(name, session);
  }

  remove(session: Session): void {
    session.closed = true;
    this.#byId.delete(session.id);
    if (session.name !== undefined && this.#byName.get(session.name) === session) this.#byName.delete(session.name);
  }

  has(session: Session): boolean {
    return this.#byId.get(session.id) === session;
  }

  /** Ends the connection and forgets the session. */
  cut(session: Session): void {
    session.close();
    this.remove(session);
  }

  *[Symbol.iterator](): Generator<Session> {
    yield* this.#byId.values();
  }

  flush(): void {
    for (const session of this.#byId.values()) session.flush();
  }

  /** Cuts every connection: workers come back by themselves and bring what they hold. */
  closeAll(): void {
    for (const session of [...this.#byId.values()]) this.cut(session);
  }
}
