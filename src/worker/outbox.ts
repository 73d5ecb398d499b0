/**
 * What a worker has to tell its server, and what of it the server is known to have. The agent runs attempts; this brings
 * the word of them.
 *
 * O1  A result is sent once per connection, in order, and again on the next one as long as it is not acknowledged.
 * O2  Output of an attempt goes before its result. What is sent on a connection that breaks is sent again unless it is
 *     known to have arrived; the pieces are counted, so that the server can tell.
 * O3  While nobody takes output it waits in a queue that is bounded. Results are bounded by the worker's slots, since no
 *     work comes while there is no connection; they are never dropped.
 * O4  A result that is not acknowledged soon, or has nobody to go to, is in the spool, where there is one.
 */
import type { AttemptRef, AttemptReport, FromWorker, LogChunk } from "../protocol/link.ts";
import { MemoryQueue, type OutputQueue } from "./spool/output-queue.ts";
import type { Spool } from "./spool/spool.ts";
import type { Timer, Timers } from "./timers.ts";

/** A connection to the server. */
export interface Link {
  /** Where the server is; absent in its own process. */
  address?: string;
  send(messages: FromWorker[]): void;
  close(): void;
  /** Connects anew, to say hello again. */
  again?(): void;
  /** Bytes that the connection has not taken yet. */
  waiting?(): number;
  /** Calls back when the server has all that was sent so far; never when the connection ends first. */
  confirm?(done: () => void): void;
}

type ResultMessage = Extract<FromWorker, { type: "result" }>;

interface Result {
  message: ResultMessage;
  /** It may be sent when this many pieces of output have been taken from the queue. */
  after: number;
  isSpooled: boolean;
}

/** More than this unread by the server: output waits in the queue. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** A result that was settled this long ago, at most twice, and is not acknowledged, goes to the spool. */
const SPOOL_AFTER_MS = 25;
const CONFIRM_EVERY_MS = 100;

export class Outbox {
  readonly #timers: Timers;
  readonly #spool: Spool | undefined;
  readonly #queue: OutputQueue;
  #link: Link | undefined;
  /** The server has answered our hello; nothing else is sent before. */
  #isWelcome = false;
  /** Nothing waits in the queue: what comes is sent at once. */
  #isDirect = false;
  #flushing = false;
  #out: FromWorker[] = [];
  #chunks: LogChunk[] = [];
  /** Not acknowledged, oldest first; those that were sent on this connection come first. */
  #results: Result[] = [];
  #sent = 0;
  /** Sent past the queue, frame by frame, and not known to have arrived. */
  #unconfirmed: LogChunk[][] = [];
  #again: LogChunk[] = [];
  #confirmTimer: Timer;
  #spoolTimer: Timer;
  /** Results up to here had been there at the last look. */
  #lookedAt: Result | undefined;

  constructor(timers: Timers, spool: Spool | undefined) {
    this.#timers = timers;
    this.#spool = spool;
    this.#queue = spool?.output ?? new MemoryQueue();
    for (const { task, attempt, report } of spool?.results() ?? []) {
      const message: ResultMessage = { type: "result", n: 0, task, attempt, report };
      this.#results.push({ message, after: this.#queue.added, isSpooled: true });
    }
  }

  get isWelcome(): boolean {
    return this.#isWelcome;
  }

  /** Everything has been told, or there is nobody to tell it. */
  get isQuiet(): boolean {
    return !this.#isWelcome || (this.#results.length === 0 && this.#isDirect);
  }

  /** Attempts whose results are not acknowledged. */
  *holds(): Generator<AttemptRef> {
    for (const { message } of this.#results) yield { task: message.task, attempt: message.attempt };
  }

  connected(link: Link): void {
    this.#link = link;
    this.#isWelcome = false;
    this.#out = [];
  }

  disconnected(): void {
    const wasWelcome = this.#isWelcome;
    this.#link = undefined;
    this.#isWelcome = false;
    this.#isDirect = false;
    this.#out = [];
    this.#timers.clearTimeout(this.#confirmTimer);
    this.#confirmTimer = undefined;
    this.#queue.rewind();
    this.#again = this.#again.concat(...this.#unconfirmed);
    this.#unconfirmed = [];
    if (this.#again.length > 0 && this.#queue.added === this.#queue.taken) this.#queueAgain();
    if (wasWelcome) for (const result of this.#results) this.#keep(result);
  }

  /** What was on its way goes through the queue, and results that had been settled meanwhile go after it (O2). */
  #queueAgain(): void {
    const again = this.#again;
    this.#again = [];
    this.#queue.add(again);
    const keyOf = ({ task, attempt }: AttemptRef): string => `${task}/${attempt}`;
    const keys = new Set(again.map(keyOf));
    for (const result of this.#results) {
      const { message } = result;
      if (!keys.has(keyOf(message))) continue;
      this.#queue.end(message.task, message.attempt, this.#timers.now());
      result.after = this.#queue.added;
    }
  }

  /** The server takes what we have to say. */
  welcome(): void {
    this.#isWelcome = true;
    this.#sent = 0;
    for (const { message } of this.#results) message.n = 0;
    this.#pump();
  }

  /** Every result up to `n` is durable. */
  acknowledged(n: number): void {
    const rest = this.#results.findIndex(({ message }) => message.n === 0 || message.n > n);
    const done = this.#results.splice(0, rest < 0 ? this.#results.length : rest);
    for (const { message, isSpooled } of done) if (isSpooled) this.#spool!.done(message);
  }

  /** The server has given the attempt up. */
  drop(task: number, attempt: number): void {
    this.#results = this.#results.filter(({ message, isSpooled }) => {
      if (message.task !== task || message.attempt !== attempt) return true;
      if (isSpooled) this.#spool!.done(message);
      return false;
    });
  }

  /** It is another server's business that waits here. */
  clear(): void {
    this.#results = [];
    this.#chunks = [];
    this.#again = [];
    this.#unconfirmed = [];
    this.#queue.clear();
    this.#spool?.clear();
  }

  result(task: number, attempt: number, report: AttemptReport): void {
    if (!this.#isDirect) {
      this.#putAside();
      this.#queue.end(task, attempt, this.#timers.now());
    }
    const message: ResultMessage = { type: "result", n: 0, task, attempt, report };
    const result: Result = { message, after: this.#isDirect ? 0 : this.#queue.added, isSpooled: false };
    this.#results.push(result);
    if (this.#isWelcome && this.#isDirect) {
      message.n = ++this.#sent;
      this.post(message);
    } else if (!this.#isWelcome) this.#keep(result);
    if (this.#spool !== undefined && this.#isWelcome) this.#watch();
  }

  output(chunk: LogChunk): void {
    this.#chunks.push(chunk);
    this.#scheduleFlush();
  }

  post(message: FromWorker): void {
    if (!this.#isWelcome) return;
    this.#out.push(message);
    this.#scheduleFlush();
  }

  /** Everything of one turn of the loop travels in one frame; output goes before the result it belongs to. */
  #scheduleFlush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#timers.setImmediate(() => this.flush());
  }

  flush(): void {
    this.#flushing = false;
    const link = this.#link;
    if (!this.#isDirect || link === undefined) {
      this.#putAside();
      if (this.#isWelcome && link !== undefined && this.#out.length > 0) link.send(this.#out);
      this.#out = [];
      return;
    }
    const messages = this.#out;
    this.#out = [];
    const chunks = this.#chunks;
    if (chunks.length > 0) {
      this.#chunks = [];
      messages.unshift({ type: "log", chunks });
      if (link.confirm !== undefined) {
        this.#unconfirmed.push(chunks);
        this.#confirmSoon(link);
      }
    }
    if (messages.length > 0) link.send(messages);
    if (chunks.length > 0 && (link.waiting?.() ?? 0) > UNREAD_BYTES_MAX) {
      this.#isDirect = false;
      link.confirm!(() => this.#link === link && this.#pump());
    }
  }

  close(): void {
    this.#timers.clearTimeout(this.#confirmTimer);
    this.#timers.clearTimeout(this.#spoolTimer);
    this.#putAside();
    this.#spool?.close();
  }

  /** What waits in memory waits in the queue from now on. */
  #putAside(): void {
    if (this.#chunks.length === 0) return;
    this.#queue.add(this.#chunks);
    this.#chunks = [];
  }

  /** Sends the next of what waits; each piece of the queue only when the one before it has arrived. */
  #pump(): void {
    const link = this.#link;
    if (link === undefined || !this.#isWelcome) return;
    const isAgain = this.#again.length > 0;
    const chunks = isAgain ? this.#again : this.#queue.take();
    if (chunks.length === 0) this.#isDirect = true;
    else link.send([{ type: "log", chunks }]);
    this.#sendResults(link);
    if (chunks.length === 0) return;
    const goOn = (): void => {
      if (this.#link !== link || !this.#isWelcome) return;
      if (isAgain) this.#again = [];
      else this.#queue.confirm();
      this.#pump();
    };
    if (link.confirm === undefined) this.#timers.setImmediate(goOn);
    else link.confirm(goOn);
  }

  /** Those whose output has gone ahead of them. */
  #sendResults(link: Link): void {
    const { taken } = this.#queue;
    const due: FromWorker[] = [];
    for (const { message, after } of this.#results) {
      if (message.n > 0) continue;
      if (!this.#isDirect && after > taken) break;
      message.n = ++this.#sent;
      due.push(message);
    }
    if (due.length > 0) link.send(due);
  }

  #confirmSoon(link: Link): void {
    this.#confirmTimer ??= this.#timers.setTimeout(() => {
      const count = this.#unconfirmed.length;
      link.confirm!(() => {
        if (this.#link !== link) return;
        this.#confirmTimer = undefined;
        this.#unconfirmed.splice(0, count);
        if (this.#unconfirmed.length > 0) this.#confirmSoon(link);
      });
    }, CONFIRM_EVERY_MS);
  }

  /** Looks now and then for results that nobody acknowledges. */
  #watch(): void {
    this.#spoolTimer ??= this.#timers.setTimeout(() => {
      this.#spoolTimer = undefined;
      const until = this.#lookedAt === undefined ? -1 : this.#results.indexOf(this.#lookedAt);
      for (const result of this.#results.slice(0, until + 1)) this.#keep(result);
      this.#lookedAt = this.#results.at(-1);
      if (this.#lookedAt !== undefined && !this.#lookedAt.isSpooled) this.#watch();
    }, SPOOL_AFTER_MS);
  }

  #keep(result: Result): void {
    if (this.#spool === undefined || result.isSpooled) return;
    result.isSpooled = true;
    this.#spool.result(result.message);
  }
}
