/**
 * Connected workers as the engine sees them: their ports, what they last said of themselves, and which of their results
 * are to be acknowledged after the next append.
 */
import { assert } from "../base/assert.ts";
import type { AttemptUsage, Hello, ToWorker, WorkerUsage } from "../protocol/link.ts";
import type { WorkerOrigin, WorkerPort } from "./api.ts";
import type { Agreement } from "./workers/greeting.ts";

export interface SessionPlugins {
  readonly ready: ReadonlySet<string>;
  readonly failed: Readonly<Record<string, string>>;
  /** By name the newest version that it had on this connection, whether that is still the newest one or not. */
  readonly had: Map<string, number>;
}

export class Session {
  readonly id: number;
  readonly port: WorkerPort;
  readonly origin: WorkerOrigin;
  /** Set by `hello`, as is what that said, and what was settled then. */
  name: string | undefined;
  hello: Hello | undefined;
  agreement: Agreement | undefined;
  load = 0;
  rssBytes = 0;
  /** What its newest heartbeat said of the machine, and of the attempts that run there. */
  usage: WorkerUsage | undefined = undefined;
  attempts: AttemptUsage[] | undefined = undefined;
  /** By their hashes the plugins that it has, and those that it cannot have; undefined = it can have none. */
  plugins: SessionPlugins | undefined = undefined;
  connectedAt = 0;
  closed = false;
  /** Nothing is sent before the answer to its hello. */
  held = false;
  readonly #out: ToWorker[] = [];
  readonly #stir: (session: Session) => void;
  /** Number of the newest result received, and of the newest acknowledged one. */
  #received = 0;
  #acknowledged = 0;
  #isStirred = false;

  constructor(id: number, port: WorkerPort, origin: WorkerOrigin, stir: (session: Session) => void) {
    this.id = id;
    this.port = port;
    this.origin = origin;
    this.#stir = stir;
  }

  get received(): number {
    return this.#received;
  }

  set received(n: number) {
    this.#received = n;
    this.#wake();
  }

  /** Puts a message behind those that wait to be sent; everything of a turn leaves in one go. */
  post(message: ToWorker): void {
    this.#out.push(message);
    this.#wake();
  }

  /** Tells the transport of what no honest worker says; it writes the log and the audit. */
  complain(action: string, detail: string): void {
    this.port.complain?.(action, detail);
  }

  /** The last word of the server; what waited before it is dropped, an acknowledgement above all. */
  end(message: ToWorker): void {
    if (this.closed) return;
    this.#out.length = 0;
    this.port.send([message]);
  }

  #wake(): void {
    if (this.#isStirred) return;
    this.#isStirred = true;
    this.#stir(this);
  }

  /** The answer to its hello goes before whatever is held. */
  welcome(message: ToWorker): void {
    this.#out.unshift(message);
    this.held = false;
    this.#wake();
  }

  flush(): void {
    this.#isStirred = false;
    if (this.held) return;
    if (this.#received > this.#acknowledged) {
      this.#out.push({ type: "ack", n: this.#received });
      this.#acknowledged = this.#received;
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
  /** Those that have something to send: of a thousand, a turn concerns few. */
  #stirred: Session[] = [];
  #last = 0;

  open(port: WorkerPort, origin: WorkerOrigin): Session {
    const session = new Session(++this.#last, port, origin, (stirred) => void this.#stirred.push(stirred));
    this.#byId.set(session.id, session);
    return session;
  }

  named(name: string): Session | undefined {
    return this.#byName.get(name);
  }

  /** The session speaks for this worker from now on. */
  name(session: Session, hello: Hello, agreement: Agreement): void {
    assert(session.name === undefined, "a session says hello once");
    session.name = hello.name;
    session.hello = hello;
    session.agreement = agreement;
    this.#byName.set(hello.name, session);
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
    const stirred = this.#stirred;
    if (stirred.length === 0) return;
    this.#stirred = [];
    for (const session of stirred) session.flush();
  }

  /** Cuts every connection: workers come back by themselves and bring what they hold. */
  closeAll(): void {
    for (const session of [...this.#byId.values()]) this.cut(session);
  }
}
