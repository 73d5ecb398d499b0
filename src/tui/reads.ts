/**
 * Reads what the screen wants, and reads it again when an event of the feed made it stale: what came together is read
 * together, and the more a reading costs the rarer it is.
 *
 * RD1  One reading at a time for each part of the screen; an event that comes meanwhile makes it stale again.
 * RD2  Nothing is read that the screen does not show.
 */
import { OctopusError } from "../base/errors.ts";
import type { Client } from "../client/mod.ts";
import type { FeedEvent } from "../protocol/feed.ts";
import type { Slot } from "./slots.ts";
import type { Want } from "./wants.ts";

const SPACING_MS_MIN = 250;
const SPACING_MS_MAX = 5000;
/** Of the server's time at most one part in so many is spent on each part of the screen. */
const SPACING_FACTOR = 6;
const AFTER_ERROR_MS = 1000;

interface Reading {
  want: Want;
  /** What the newest answer was to; absent before the first. */
  readKey?: string;
  isStale: boolean;
  isReading: boolean;
  /** When it may be read again, and when it should be. */
  earliest: number;
  latest: number;
}

export interface ReadsEvents {
  onRead(slot: Slot, key: string, value: unknown): void;
  onUnread(slot: Slot, key: string, error: string): void;
  /** Whether the server answers. */
  onLink(isUp: boolean, reason?: string): void;
}

export class Reads {
  readonly #client: Client;
  readonly #events: ReadsEvents;
  readonly #slots = new Map<Slot, Reading>();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(client: Client, events: ReadsEvents) {
    this.#client = client;
    this.#events = events;
  }

  /** What the screen shows from now on. */
  want(wants: readonly Want[]): void {
    for (const name of [...this.#slots.keys()]) if (!wants.some(({ slot }) => slot === name)) this.#slots.delete(name);
    for (const want of wants) {
      const slot = this.#slots.get(want.slot);
      if (slot === undefined)
        this.#slots.set(want.slot, { want, isStale: false, isReading: false, earliest: 0, latest: Infinity });
      else {
        if (slot.want.key !== want.key) slot.earliest = 0;
        slot.want = want;
      }
    }
    this.#go();
  }

  tell(event: FeedEvent): void {
    const isAll = event.type === "resync";
    for (const slot of this.#slots.values()) if (isAll || slot.want.isStale(event)) slot.isStale = true;
    this.#go();
  }

  /** Everything once more, at once. */
  again(): void {
    for (const slot of this.#slots.values()) {
      slot.isStale = true;
      slot.earliest = 0;
    }
    this.#go();
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #go(): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    const now = performance.now();
    let next = Infinity;
    for (const slot of this.#slots.values()) {
      if (slot.isReading) continue;
      const isNew = slot.readKey !== slot.want.key;
      const at = isNew || slot.isStale ? slot.earliest : slot.latest;
      if (at <= now) void this.#read(slot);
      else next = Math.min(next, at);
    }
    if (next < Infinity) this.#timer = setTimeout(() => this.#go(), Math.max(1, next - now));
  }

  async #read(slot: Reading): Promise<void> {
    const { want } = slot;
    const began = performance.now();
    slot.isReading = true;
    slot.isStale = false;
    let spacing = AFTER_ERROR_MS;
    try {
      const value = await want.load(this.#client);
      spacing = Math.min(SPACING_MS_MAX, Math.max(SPACING_MS_MIN, (performance.now() - began) * SPACING_FACTOR));
      slot.readKey = want.key;
      if (this.#isOver) return;
      this.#events.onLink(true);
      if (this.#slots.get(want.slot) === slot) this.#events.onRead(want.slot, want.key, value);
    } catch (error) {
      // A refusal is read again, but not every second; a server that is away is asked until it is back.
      const isAway = error instanceof OctopusError && error.retryable;
      slot.isStale = isAway;
      slot.readKey = isAway ? slot.readKey! : want.key;
      if (this.#isOver) return;
      if (isAway && error.code === "unreachable") this.#events.onLink(false, error.message);
      else this.#events.onUnread(want.slot, want.key, error instanceof Error ? error.message : String(error));
    } finally {
      slot.isReading = false;
      slot.earliest = performance.now() + spacing;
      slot.latest = performance.now() + Math.max(spacing, want.everyMs);
      this.#go();
    }
  }
}
