/**
 * Who leads a shard: one key of the bucket, whose revision is the term. JetStream compares the revision when it applies the
 * message, so that of several takers one succeeds (LS1). The value holds a number drawn for the taking: a taker whose answer
 * was lost finds out that way whether it was itself.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Leadership, LeaderSeat } from "../ports.ts";
import { newestOf } from "./bucket.ts";
import type { NatsLink } from "./link.ts";
import { JS, natsError, refusalOf } from "./words.ts";

const TRIES_MAX = 3;
const TAKE_MS_MAX = 3000;
const AGAIN_MS = 100;

interface Value {
  server: string;
  nonce: string;
}

export class NatsSeat implements LeaderSeat {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #subject: string;

  constructor(link: NatsLink, stream: string, subject: string) {
    this.#link = link;
    this.#stream = stream;
    this.#subject = subject;
  }

  async read(): Promise<Leadership | undefined> {
    const found = await this.#read();
    return found && { term: found.term, server: found.server };
  }

  take(server: string, seen: number): Promise<number | undefined> {
    return this.#write(server, seen);
  }

  async release(term: number): Promise<void> {
    await this.#write("", term);
  }

  async #write(server: string, seen: number): Promise<number | undefined> {
    const value: Value = { server, nonce: randomUUID() };
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const head = { "Nats-Expected-Last-Subject-Sequence": String(seen) };
    for (let tries = 1; ; tries++) {
      try {
        return await this.#link.store(this.#subject, bytes, head, TAKE_MS_MAX);
      } catch (error) {
        const code = refusalOf(error)?.code;
        const isRefused = code === JS.wrongLast || code === JS.wrongLastUnknown;
        if (isRefused && tries === 1) return undefined;
        if (isRefused) {
          const now = await this.#read();
          return now?.nonce === value.nonce ? now.term : undefined;
        }
        if (tries === TRIES_MAX || (code !== undefined && !natsError(error, "").retryable)) {
          throw natsError(error, `take the seat ${this.#subject}`);
        }
        await delay(AGAIN_MS);
      }
    }
  }

  async #read(): Promise<(Value & { term: number }) | undefined> {
    try {
      const found = await newestOf(this.#link, this.#stream, this.#subject);
      // A seat that somebody deleted by hand is one that nobody holds; its term still counts.
      return found && { ...valueOf(found.isGone ? new Uint8Array() : found.data), term: found.seq };
    } catch (error) {
      throw natsError(error, `read the seat ${this.#subject}`);
    }
  }
}

/** What a seat holds; what cannot be read is held by nobody. */
export function valueOf(bytes: Uint8Array): Value {
  try {
    const { server, nonce } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Value>;
    return { server: typeof server === "string" ? server : "", nonce: nonce ?? "" };
  } catch {
    return { server: "", nonce: "" };
  }
}
