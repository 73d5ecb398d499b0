/** What a worker says of its connection. It is tried again and again, and the same is not said at every try. */
import type { ServerAccess } from "./reach/server-access.ts";
import type { WorkerKey } from "./worker-key.ts";

export interface WorkerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface NewsOf {
  name: string;
  slots: number;
  server: ServerAccess;
  key: WorkerKey | undefined;
}

export class News {
  readonly #of: NewsOf;
  readonly #log: WorkerLog;
  #isUp = true;
  #last = "";

  constructor(of: NewsOf, log: WorkerLog) {
    this.#of = of;
    this.#log = log;
  }

  up(): void {
    const { name, slots, server } = this.#of;
    this.#isUp = true;
    this.#last = "";
    this.#log.info({ url: server.url, name, slots }, "connected");
  }

  down(error: string): void {
    const text = `no connection to the server (${error}); trying again until it is there`;
    if (this.#isUp) this.#log.warn({ url: this.#of.server.url }, text);
    this.#isUp = false;
  }

  /** The answer may be another one later. */
  refused(reason: string): void {
    const { name, server } = this.#of;
    if (this.#isNew(reason)) this.#log.error({ url: server.url, name }, `the server refused this worker: ${reason}`);
  }

  /** A person has to do something, and should read what. */
  waits(reason: string): void {
    const { name, server, key } = this.#of;
    if (key === undefined) return this.refused(reason);
    if (!this.#isNew(reason)) return;
    const how = `octopus workers approve ${name} --key ${key.fingerprint.replaceAll(" ", "")}`;
    const fields = { url: server.url, name, key: key.fingerprint };
    this.#log.warn(fields, `waiting to be approved (${reason}); where the server is, say: ${how}`);
  }

  #isNew(reason: string): boolean {
    const isNew = this.#last !== reason;
    this.#last = reason;
    this.#isUp = false;
    return isNew;
  }
}
