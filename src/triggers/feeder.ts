/**
 * Between a source of lines and its trigger: lines wait here, become events, one each or many together, and are started.
 *
 * FD1  At most `ROOM` lines wait; a source looks at `isFull` and stops reading.
 * FD2  Lines are started in the order in which they came, and a source hears of each what became of it.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Json } from "../base/words.ts";
import type { EventData } from "./event.ts";
import type { StreamSettings } from "./settings.ts";
import type { Outcome } from "./starter.ts";
import type { Trigger } from "./trigger.ts";

/** Something that one line, or one message, says. */
export interface Item {
  text: string;
  /** Tells it from every other of its trigger. */
  id: string;
  /** Where it came from: a path, an address. */
  source: string;
  /** Where it stands there, and where what follows it begins. */
  from?: number;
  to?: number;
  subject?: string;
  /** What became of it; undefined: it could not be read. */
  done?(outcome: Outcome | undefined): void;
  /** The trigger has ended before it was started: somebody else may start it. */
  dropped?(): void;
}

/** Lines and characters that wait at most. */
const ROOM = 4096;
const ROOM_CHARS = 16 * 1024 * 1024;
/** Lines that are started together. */
const STEP = 512;

export interface FeederOptions {
  trigger: Trigger;
  settings: Pick<StreamSettings, "format" | "batch">;
  /** Called before what becomes one event is started, and after it was. */
  before?(items: readonly Item[]): Promise<void>;
  after?(items: readonly Item[]): void;
}

export class Feeder {
  readonly #options: FeederOptions;
  #waiting: Item[] = [];
  #chars = 0;
  #wake = Promise.withResolvers<void>();
  #roomy = Promise.withResolvers<void>();
  #idle = Promise.withResolvers<void>();
  readonly #running: Promise<void>;

  constructor(options: FeederOptions) {
    this.#options = options;
    this.#idle.resolve();
    this.#running = this.#run();
  }

  get isFull(): boolean {
    return this.#waiting.length >= ROOM || this.#chars >= ROOM_CHARS;
  }

  push(item: Item): void {
    if (this.#waiting.length === 0) this.#idle = Promise.withResolvers();
    this.#waiting.push(item);
    this.#chars += item.text.length;
    this.#wake.resolve();
  }

  /** Resolves when there is room, or when the trigger has ended. */
  async room(): Promise<void> {
    while (this.isFull && !this.#options.trigger.closing.aborted) await this.#roomy.promise;
  }

  /** Resolves when all that came was started, or when the trigger has ended. */
  async idle(): Promise<void> {
    await this.#idle.promise;
  }

  /** Gives what waits a moment, and ends. */
  async close(): Promise<void> {
    if (!this.#options.trigger.isPaused)
      await Promise.race([this.#idle.promise, delay(1000, undefined, { ref: false })]);
    this.#options.trigger.end();
    this.#wake.resolve();
    this.#roomy.resolve();
    await this.#running;
    for (const item of this.#waiting.splice(0)) item.dropped?.();
    this.#idle.resolve();
  }

  async #run(): Promise<void> {
    const { trigger } = this.#options;
    try {
      while (!trigger.closing.aborted) {
        if (this.#waiting.length === 0) {
          this.#idle.resolve();
          this.#wake = Promise.withResolvers();
          await this.#wake.promise;
          continue;
        }
        const count = await this.#countNext();
        const items = this.#waiting.slice(0, count);
        await this.start(items);
        this.#waiting.splice(0, count);
        for (const { text } of items) this.#chars -= text.length;
        this.#roomy.resolve();
        this.#roomy = Promise.withResolvers();
      }
    } catch (error) {
      if (!trigger.closing.aborted) throw error;
    }
  }

  /** How many go together; waits until a batch is full or has waited long enough. */
  async #countNext(): Promise<number> {
    const { batch } = this.#options.settings;
    if (batch === undefined) return Math.min(this.#waiting.length, STEP);
    const deadline = performance.now() + batch.wait;
    while (this.#waiting.length < batch.max) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      this.#wake = Promise.withResolvers();
      const cancel = new AbortController();
      const signal = AbortSignal.any([cancel.signal, this.#options.trigger.closing]);
      const waited = delay(leftMs, undefined, { signal });
      await Promise.race([this.#wake.promise, waited]).finally(() => {
        waited.catch(() => {});
        cancel.abort();
      });
    }
    return Math.min(this.#waiting.length, batch.max);
  }

  /** Starts these; with `batch`, as one event. */
  async start(items: readonly Item[]): Promise<void> {
    const { trigger, settings, before, after } = this.#options;
    await before?.(items);
    const readable: Item[] = [];
    const bodies: Json[] = [];
    for (const item of items) {
      const body = this.#bodyOf(item);
      if (body === undefined) {
        item.done?.(undefined);
        continue;
      }
      readable.push(item);
      bodies.push(body.value);
    }
    if (readable.length > 0) {
      const events =
        settings.batch === undefined
          ? readable.map((item, index) => this.#eventOf(item, bodies[index]!))
          : [{ ...this.#eventOf(items[0]!, bodies), count: bodies.length }];
      const outcomes = await trigger.takeWhenever(events);
      for (const [index, item] of readable.entries()) item.done?.(outcomes[settings.batch === undefined ? index : 0]);
    }
    after?.(items);
  }

  #bodyOf({ text, source, from }: Item): { value: Json } | undefined {
    if (this.#options.settings.format === "text") return { value: text };
    try {
      return { value: JSON.parse(text) as Json };
    } catch (error) {
      const place = from === undefined ? source : `${source} at byte ${from}`;
      this.#options.trigger.unreadable(`a line of ${place} is not valid JSON: ${(error as Error).message}`);
      return undefined;
    }
  }

  #eventOf({ id, source, from, subject }: Item, body: Json): EventData {
    return {
      ...{ id, ...this.#options.trigger.common(), body, source },
      ...(from !== undefined && { offset: from }),
      ...(subject !== undefined && { subject }),
    };
  }
}
