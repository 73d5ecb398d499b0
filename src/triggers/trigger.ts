/**
 * One trigger: its template, its counts, and whether it is paused. Sources (a webhook, files, lines) hand it their events;
 * it starts what they ask for and remembers what came of it.
 *
 * TG1  A source that hands over an event learns its outcome when that is durable, or waits: nothing is dropped in between.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { OctopusError } from "../base/errors.ts";
import type { Log } from "../engine/ports.ts";
import type { TriggerDraft, TriggerKind, TriggerView } from "../protocol/trigger.ts";
import type { EventData } from "./event.ts";
import { mayPass, type Outcome, Starter, type StarterOptions } from "./starter.ts";
import type { StateFile } from "./state.ts";
import type { Template } from "./template.ts";

export interface TriggerOptions {
  name: string;
  kind: TriggerKind;
  /** Where its events come from, in words. */
  source: string;
  hook?: TriggerView["hook"];
  when: string | null;
  template: Template;
  engine: StarterOptions["engine"];
  state: StateFile;
  log: Log;
  now(): number;
}

/** First and longest wait before what could not be taken is tried again. */
const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 2000;

export class Trigger {
  readonly name: string;
  readonly kind: TriggerKind;
  readonly log: Log;
  readonly #options: TriggerOptions;
  readonly #starter: Starter;
  readonly #counts = { events: 0, started: 0, repeated: 0, skipped: 0, failed: 0, refused: 0 };
  #stamp = { ms: 0, text: "" };
  #lastEvent: TriggerView["lastEvent"];
  #lastError: TriggerView["lastError"];
  #waits: string | undefined;
  #paused: boolean;
  /** What the source kept, and makes what it keeps now. */
  readonly kept: object;
  #make: () => object;
  #resumed = Promise.withResolvers<void>();
  readonly #closing = new AbortController();

  constructor(options: TriggerOptions) {
    this.#options = options;
    this.name = options.name;
    this.kind = options.kind;
    this.log = options.log;
    this.#starter = new Starter(options);
    const { paused, kept } = options.state.read();
    this.#paused = paused === true;
    this.kept = typeof kept === "object" && kept !== null ? kept : {};
    this.#make = () => this.kept;
    if (!this.#paused) this.#resumed.resolve();
  }

  /** Aborts when the trigger ends. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Keeps what `make` answers for the next start; resolves when it is on the disk. */
  keep(make: () => object): Promise<void> {
    this.#make = make;
    return this.#save();
  }

  #save(): Promise<void> {
    return this.#options.state.save(() => ({ ...(this.#paused && { paused: true }), kept: this.#make() }));
  }

  /** Fields that every event has. */
  common(): { trigger: string; at: string } {
    const now = this.#options.now();
    // Thousands of lines come in one millisecond or few, and to write a date takes longer than to start a task.
    if (now !== this.#stamp.ms) this.#stamp = { ms: now, text: new Date(now).toISOString() };
    return { trigger: this.name, at: this.#stamp.text };
  }

  /** Starts what the events ask for, once. Throws what may pass. */
  async take(events: readonly EventData[]): Promise<Outcome[]> {
    try {
      const outcomes = await this.#starter.start(events);
      for (const [index, outcome] of outcomes.entries()) this.#note(outcome, events[index]!);
      this.#waits = undefined;
      return outcomes;
    } catch (error) {
      this.#failed(error as Error);
      throw error;
    }
  }

  /** The same, waiting for as long as it takes: while it is paused, while its arm is full. Throws when the trigger ends. */
  async takeWhenever(events: readonly EventData[]): Promise<Outcome[]> {
    for (let waitMs = WAIT_MS_MIN; ; waitMs = Math.min(2 * waitMs, WAIT_MS_MAX)) {
      await this.untilResumed();
      try {
        return await this.take(events);
      } catch (error) {
        if (!mayPass(error)) throw error;
        this.#waits = (error as Error).message;
      }
      await delay(waitMs, undefined, { signal: this.closing });
    }
  }

  /** Resolves while it is not paused; rejects when it ends. */
  async untilResumed(): Promise<void> {
    this.closing.throwIfAborted();
    if (!this.#paused) return;
    const ended = Promise.withResolvers<never>();
    const end = (): void => ended.reject(this.closing.reason);
    this.closing.addEventListener("abort", end, { once: true });
    try {
      await Promise.race([this.#resumed.promise, ended.promise]);
    } finally {
      this.closing.removeEventListener("abort", end);
    }
  }

  #note(outcome: Outcome, { id }: EventData): void {
    this.#counts.events += 1;
    this.#counts[outcome.type] += 1;
    if (outcome.type === "failed") return this.#failed(outcome.error);
    if (outcome.type === "skipped") return;
    const { task, run } = outcome;
    this.#lastEvent = {
      at: this.common().at,
      id,
      ...(task !== undefined && { task }),
      ...(run !== undefined && { run }),
    };
  }

  /** An event that is none: it cannot be read. */
  unreadable(message: string): void {
    this.#counts.events += 1;
    this.#counts.failed += 1;
    this.#failed(new Error(message));
  }

  /** A request that was turned away. */
  refused(message: string): void {
    this.#counts.refused += 1;
    this.#lastError = { at: this.common().at, message };
  }

  #failed({ message }: Error | OctopusError): void {
    // The same again and again is one line of the log.
    if (this.#lastError?.message !== message) this.log.warn({ trigger: this.name }, `trigger ${this.name}: ${message}`);
    this.#lastError = { at: this.common().at, message };
  }

  /** Why it does not go on, or that it does. */
  waits(why: string | undefined): void {
    if (why !== undefined && why !== this.#waits) this.log.warn({ trigger: this.name }, `trigger ${this.name}: ${why}`);
    this.#waits = why;
  }

  /** Whether it may start anything; kept over restarts. */
  async pause(paused: boolean): Promise<void> {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#resumed = Promise.withResolvers();
    else this.#resumed.resolve();
    await this.#save();
  }

  view(): TriggerView {
    const { source, hook, when, template } = this.#options;
    return {
      name: this.name,
      kind: this.kind,
      source,
      ...(hook && { hook }),
      starts: template.text,
      ...(template.arm !== undefined && { arm: template.arm }),
      ...(when !== null && { when }),
      paused: this.#paused,
      counts: { ...this.#counts },
      ...(this.#lastEvent && { lastEvent: this.#lastEvent }),
      ...(this.#lastError && { lastError: this.#lastError }),
      ...(this.#waits !== undefined && { waits: this.#waits }),
    };
  }

  /** What this event would start. Throws `invalid` for what it would make of it. */
  test(given: Record<string, unknown>): TriggerDraft {
    const event = { id: "test", ...this.common(), ...given } as unknown as EventData;
    const draft = this.#options.template.draft(event);
    if (draft === undefined) return { starts: false };
    return "task" in draft ? { starts: true, task: draft.task } : { starts: true, run: { ...draft.run } };
  }

  /** Nothing is started any more. */
  end(): void {
    this.#closing.abort(new Error("the trigger ends"));
  }

  async close(): Promise<void> {
    this.end();
    await this.#options.state.settled();
  }
}
