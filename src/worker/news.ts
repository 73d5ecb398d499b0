/** What a worker says of its connection. It is tried again and again, and the same is not said at every try. */
import type { Reached } from "./link.ts";
import type { WorkerKey } from "./worker-key.ts";

export interface WorkerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface NewsOf {
  name: string;
  slots: number;
  server: Pick<Reached, "url">;
}

export class News {
  readonly #of: NewsOf;
  readonly #log: WorkerLog;
  #isUp = true;
  /** It was said that the connection stands, and nothing else since then. */
  #saidUp = false;
  #last = "";

  constructor(of: NewsOf, log: WorkerLog) {
    this.#of = of;
    this.#log = log;
  }

  up(): void {
    const { name, slots, server } = this.#of;
    this.#isUp = true;
    this.#last = "";
    // A hello that was said anew is no news.
    if (this.#saidUp) return;
    this.#saidUp = true;
    this.#log.info({ url: server.url, name, slots }, "connected");
  }

  down(error: string): void {
    const text = `no connection to the server (${error}); trying again until it is there`;
    if (this.#isUp) this.#log.warn({ url: this.#of.server.url }, text);
    this.#isUp = false;
    this.#saidUp = false;
  }

  /** The answer may be another one later. */
  refused(reason: string): void {
    const { name, server } = this.#of;
    if (this.#isNew(reason)) this.#log.error({ url: server.url, name }, `the server refused this worker: ${reason}`);
  }

  /** A person has to do something, and should read what. */
  waits({ fingerprint }: WorkerKey): void {
    const { name, server } = this.#of;
    const how = `octopus workers approve ${name} --key ${fingerprint.replaceAll(" ", "")}`;
    const text = `waiting to be approved; the key of this worker is ${fingerprint}. Where the server is, say: ${how}`;
    if (this.#isNew(text)) this.#log.warn({ url: server.url, name }, text);
  }

  #isNew(reason: string): boolean {
    const isNew = this.#last !== reason;
    this.#last = reason;
    this.#isUp = false;
    this.#saidUp = false;
    return isNew;
  }
}
