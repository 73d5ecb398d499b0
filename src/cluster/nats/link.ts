/**
 * One connection to NATS, shared by everything of this server, with the questions that JetStream answers.
 *
 * NL1  A request fails as soon as the connection is lost: its answer can no longer come. What it asked for may have happened.
 * NL2  Nothing is sent while there is no connection: the client would keep it, and send it at some later time.
 */
import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { errors, headers } from "@nats-io/transport-node";
import { connectionError } from "../../nats/words.ts";
import { JetStreamRefusal } from "./words.ts";

const REQUEST_MS_MAX = 5000;
/** The same fault is said no more often. */
const FAULT_AGAIN_MS = 60_000;
const FAULTS_MAX = 100;
/** JSON that NATS gives. */
type Fields = Record<string, unknown>;

export class NatsLink {
  readonly connection: NatsConnection;
  readonly #listeners = new Set<(isConnected: boolean) => void>();
  /** Requests that wait for an answer. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #say: (level: "info" | "warn" | "error", words: string) => void;
  /** When which words were said. */
  readonly #faults = new Map<string, number>();
  #isConnected = true;
  #isClosed = false;

  constructor(connection: NatsConnection, say: (level: "info" | "warn" | "error", words: string) => void) {
    this.connection = connection;
    this.#say = say;
    void this.#hear();
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Largest message that the server takes, headers included. */
  get payloadMax(): number {
    return this.connection.info?.max_payload ?? 1024 * 1024;
  }

  onConnected(listener: (isConnected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** True as soon as there is a connection; false when there was none for so long, or the link was closed. */
  whenConnected(withinMs: number): Promise<boolean> {
    if (this.#isConnected || this.#isClosed) return Promise.resolve(!this.#isClosed);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), withinMs);
      const forget = this.onConnected((isConnected) => {
        if (isConnected || this.#isClosed) done(isConnected);
      });
      const done = (answer: boolean): void => {
        clearTimeout(timer);
        forget();
        resolve(answer);
      };
    });
  }

  async request(
    subject: string,
    data: Uint8Array,
    options: { headers?: MsgHdrs; timeoutMs?: number } = {},
  ): Promise<Msg> {
    const { headers: head, timeoutMs = REQUEST_MS_MAX } = options;
    if (!this.#isConnected && !(await this.whenConnected(timeoutMs))) throw this.#lost();
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const forget = (): boolean => this.#waiting.delete(reject);
      this.connection.request(subject, data, { timeout: timeoutMs, ...(head !== undefined && { headers: head }) }).then(
        (answer) => (forget(), resolve(answer)),
        (error: unknown) => (forget(), reject(error as Error)),
      );
    });
  }

  /** Asks JetStream, such as `STREAM.INFO.name`. Throws what it answers when it refuses. */
  async ask<T extends Fields = Fields>(what: string, question?: Fields, timeoutMs?: number): Promise<T> {
    const bytes = question === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(question));
    const answer = await this.request(`$JS.API.${what}`, bytes, timeoutMs === undefined ? {} : { timeoutMs });
    return checked(answer) as T;
  }

  /** Publishes to a stream, and answers the number that the message has there. */
  async store(
    subject: string,
    data: Uint8Array,
    head: Readonly<Record<string, string>> = {},
    timeoutMs = REQUEST_MS_MAX,
  ): Promise<number> {
    const all = headers();
    for (const [name, value] of Object.entries(head)) all.set(name, value);
    const { seq } = checked(await this.request(subject, data, { headers: all, timeoutMs }));
    if (typeof seq !== "number") throw new Error(`what answers at "${subject}" is no stream of NATS`);
    return seq;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    // What was published is out before the connection ends.
    if (this.#isConnected) await Promise.race([this.connection.flush().catch(() => {}), later(1000)]);
    this.#isClosed = true;
    this.#set(false);
    await this.connection.close();
  }

  #lost(): Error {
    return new errors.ConnectionError(this.#isClosed ? "this server is stopping" : "the connection to NATS is lost");
  }

  async #hear(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === "disconnect") this.#set(false, "the connection to NATS is lost; it is made anew");
      if (status.type === "reconnect") this.#set(true, `connected to NATS again, to ${status.server}`);
      if (status.type === "ldm") this.#say("info", "the NATS server is about to stop: another one is used");
      if (status.type === "error") this.#fault(connectionError(status.error, "go on").message);
    }
    // Only `close` ends it.
    this.#isClosed = true;
    this.#set(false);
  }

  /** A permission that is missing is told at every message. */
  #fault(words: string): void {
    const now = performance.now();
    if (now - (this.#faults.get(words) ?? -Infinity) < FAULT_AGAIN_MS) return;
    if (this.#faults.size > FAULTS_MAX) this.#faults.clear();
    this.#faults.set(words, now);
    this.#say("error", words);
  }

  #set(isConnected: boolean, words?: string): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    if (words !== undefined && !this.#isClosed) this.#say(isConnected ? "info" : "warn", words);
    if (!isConnected) {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const reject of waiting) reject(this.#lost());
    }
    for (const listener of [...this.#listeners]) listener(isConnected);
  }
}

function checked(answer: Msg): Fields {
  const fields = answer.json<Fields & { error?: { code: number; err_code?: number; description: string } }>();
  if (fields.error === undefined) return fields;
  throw new JetStreamRefusal(fields.error.err_code ?? fields.error.code, fields.error.description);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
