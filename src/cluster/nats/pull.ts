/**
 * Reading a stream from a number on, for ever, in order and without gaps, whatever happens to connections, NATS servers and the
 * consumer that NATS keeps for it.
 *
 * NP1  Messages come by pulls of a bounded number and size, and a pull is made when there is room: a reader that is slow makes
 *      nobody keep more than `READY_BYTES_MAX` and two pulls for it.
 * NP2  A consumer counts what it delivers. One that skips, or is silent for `SILENT_BEATS` while it owes a sign of life, is given
 *      up, and another one is made from the first message that did not come: a consumer has one copy, and goes with its server.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Msg, MsgHdrs, Subscription } from "@nats-io/transport-node";
import { createInbox } from "@nats-io/transport-node";
import { LogBehindError, LogGapError } from "../ports.ts";
import type { NatsLink } from "./link.ts";
import { JS, natsError, refusalOf } from "./words.ts";

export interface Pulled {
  seq: number;
  subject: string;
  data: Uint8Array;
  headers: MsgHdrs | undefined;
  /** How many there are behind it now. */
  pending: number;
}

export interface PullWish {
  stream: string;
  /** The first number that is wanted. */
  from: number;
  /** Of each subject only the newest to begin with, and then all that come. */
  newest?: boolean;
  filter?: string;
  /** Ends with the newest message that there is when it begins, instead of waiting for more. */
  untilNow?: boolean;
  signal: AbortSignal;
  /** It may take so many seconds until a consumer that is gone is missed; fewer signs of life are sent then. */
  isPatient?: boolean;
  /** Called before each consumer is made; what it throws ends the reading unless it is retryable. */
  check?: (from: number) => Promise<void>;
}

const BATCH = 1000;
const PULL_BYTES = 4 * 1024 * 1024;
const READY_BYTES_MAX = 8 * 1024 * 1024;
const EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 1000;
/** NATS allows half of the time of a pull. */
const PATIENT_MS = 5000;
/** So many signs of life that do not come are silence. */
const SILENT_BEATS = 3.5;
/** NATS forgets a consumer that nobody pulls from for so long. */
const INACTIVE_MS = 60_000;
const AGAIN_MS_MAX = 1000;
/** A stream may seem not to be there while its server begins. */
const NOT_FOUND_TRIES_MAX = 20;
const NANOS = 1_000_000;

/** Ends when the signal says so. Throws an OctopusError when the stream is not there or may not be read. */
export async function* pull(link: NatsLink, wish: PullWish): AsyncGenerator<readonly Pulled[], void> {
  let { from, newest = false } = wish;
  let tries = 0;
  const { signal } = wish;
  while (!signal.aborted && !link.isClosed) {
    let session: PullSession | undefined;
    try {
      await wish.check?.(from);
      session = await PullSession.open(link, wish, newest ? undefined : from);
      if (wish.untilNow === true && session.pending === 0) return;
      for (;;) {
        const some = await session.next();
        if (some === undefined || signal.aborted) break;
        const { seq, pending } = some.at(-1)!;
        tries = 0;
        from = seq + 1;
        newest = false;
        yield some;
        if (wish.untilNow === true && pending === 0) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      rethrowFinal(error, wish.stream, tries);
    } finally {
      session?.close();
    }
    tries++;
    await delay(Math.min(50 * 2 ** Math.min(tries, 6), AGAIN_MS_MAX), undefined, { signal }).catch(() => {});
  }
}

function rethrowFinal(thrown: unknown, stream: string, tries: number): void {
  if (thrown instanceof LogGapError || thrown instanceof LogBehindError) throw thrown;
  const error = natsError(thrown, `read the stream ${stream}`);
  const isMissing = refusalOf(thrown)?.code === JS.streamNotFound && tries >= NOT_FOUND_TRIES_MAX;
  if (!error.retryable || isMissing) throw error;
}

/** One consumer, for as long as it lasts. */
class PullSession {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #consumer: string;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  readonly #heartbeatMs: number;
  readonly #watch: NodeJS.Timeout;
  readonly #forget: () => void;
  readonly #onAbort = (): void => this.#end();
  readonly #signal: AbortSignal;
  /** Pulls that are not over, by their number: how many messages they still ask for. */
  readonly #pulls = new Map<number, number>();
  #pullCount = 0;
  #ready: Pulled[] = [];
  #readyBytes = 0;
  #wake: (() => void) | undefined;
  /** Number that the consumer gave the newest message. */
  #delivered = 0;
  #heardAt = performance.now();
  #wasSilent = false;
  #hasEnded = false;
  #error: Error | undefined;

  /** How many messages there were for it when it began. */
  readonly pending: number;

  private constructor(link: NatsLink, wish: PullWish, consumer: string, pending: number) {
    this.pending = pending;
    this.#link = link;
    this.#stream = wish.stream;
    this.#consumer = consumer;
    this.#signal = wish.signal;
    this.#heartbeatMs = wish.isPatient === true ? PATIENT_MS : HEARTBEAT_MS;
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#subscription = link.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => (error === null ? this.#receive(message) : this.#end(error)),
    });
    this.#forget = link.onConnected(() => this.#end());
    this.#watch = setInterval(() => this.#look(), this.#heartbeatMs).unref();
    if (!link.isConnected || this.#signal.aborted) this.#end();
    this.#refill();
  }

  /** `from` undefined: the newest of each subject. */
  static async open(link: NatsLink, wish: PullWish, from: number | undefined): Promise<PullSession> {
    const name = `octopus-${randomBytes(9).toString("hex")}`;
    const filter = wish.filter === undefined ? "" : `.${wish.filter}`;
    const config = {
      ...{ name, ack_policy: "none", max_deliver: 1, mem_storage: true, num_replicas: 1 },
      inactive_threshold: INACTIVE_MS * NANOS,
      ...(wish.filter !== undefined && { filter_subject: wish.filter }),
      ...(from === undefined
        ? { deliver_policy: "last_per_subject" }
        : { deliver_policy: "by_start_sequence", opt_start_seq: Math.max(from, 1) }),
    };
    const question = { stream_name: wish.stream, config };
    const made = await link.ask(`CONSUMER.CREATE.${wish.stream}.${name}${filter}`, question);
    return new PullSession(link, wish, name, Number(made["num_pending"] ?? 0));
  }

  /** What has come; undefined: this consumer gives no more. */
  async next(): Promise<readonly Pulled[] | undefined> {
    while (this.#ready.length === 0 && !this.#hasEnded) await new Promise<void>((resolve) => (this.#wake = resolve));
    // What came before the end is whole: it was counted.
    const ready = this.#ready;
    this.#ready = [];
    this.#readyBytes = 0;
    this.#refill();
    if (ready.length > 0) return ready;
    if (this.#error !== undefined) throw this.#error;
    return undefined;
  }

  close(): void {
    this.#end();
    this.#signal.removeEventListener("abort", this.#onAbort);
    if (!this.#link.isConnected) return;
    // NATS does so by itself after a while.
    this.#link.ask(`CONSUMER.DELETE.${this.#stream}.${this.#consumer}`).catch(() => {});
  }

  #end(error?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#error = error;
    this.#subscription.unsubscribe();
    this.#forget();
    clearInterval(this.#watch);
    this.#wake?.();
  }

  #receive(message: Msg): void {
    if (this.#hasEnded) return;
    this.#heardAt = performance.now();
    this.#wasSilent = false;
    if (message.reply === undefined || message.reply === "") return this.#status(message);
    const words = message.reply.split(".");
    // `$JS.ACK.` and then stream, consumer, …; servers to come put two words before that.
    const base = words.length > 9 ? 4 : 2;
    if (Number(words[base + 4]) !== this.#delivered + 1) return this.#end();
    this.#delivered++;
    this.#count();
    const { subject, data, headers } = message;
    this.#ready.push({ seq: Number(words[base + 3]), subject, data, headers, pending: Number(words[base + 6]) });
    this.#readyBytes += data.length;
    this.#refill();
    this.#wake?.();
  }

  /** A word of NATS about a pull, instead of a message. */
  #status(message: Msg): void {
    const { code = 0, description = "" } = message.headers ?? {};
    if (code === 100) return;
    const isOver = code === 408 || code === 404 || (code === 409 && /max.?bytes|batch completed/i.test(description));
    if (!isOver) return this.#end();
    this.#pulls.delete(Number(message.subject.slice(this.#inbox.length + 1)));
    this.#refill();
  }

  /** The oldest pull got one more of what it asked for. */
  #count(): void {
    for (const [pull, left] of this.#pulls) {
      if (left > 1) this.#pulls.set(pull, left - 1);
      else this.#pulls.delete(pull);
      return;
    }
  }

  #refill(): void {
    if (this.#hasEnded || this.#readyBytes > READY_BYTES_MAX || this.#pulls.size > 1) return;
    const [left = 0] = this.#pulls.values();
    if (this.#pulls.size === 1 && left > BATCH / 2) return;
    const pull = ++this.#pullCount;
    if (this.#pulls.size === 0) this.#heardAt = performance.now();
    this.#pulls.set(pull, BATCH);
    const wish = {
      ...{ batch: BATCH, max_bytes: Math.max(PULL_BYTES, 2 * this.#link.payloadMax) },
      ...{ expires: EXPIRES_MS * NANOS, idle_heartbeat: this.#heartbeatMs * NANOS },
    };
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${this.#consumer}`;
    this.#link.connection.publish(subject, JSON.stringify(wish), { reply: `${this.#inbox}.${pull}` });
  }

  #look(): void {
    if (this.#pulls.size === 0 || performance.now() - this.#heardAt < this.#heartbeatMs * SILENT_BEATS) return;
    // A busy process sees its timer before what has long come in: it is asked twice.
    if (this.#wasSilent) this.#end();
    this.#wasSilent = true;
  }
}
