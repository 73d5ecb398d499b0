/**
 * Files whose changes start tasks.
 *
 * FW1  A file counts when it has been the same for `settle`: never half-written, and however often it is renamed and written
 *      meanwhile, it is one event.
 * FW2  What was seen is kept: after a restart nothing starts again, and what changed meanwhile is not missed. An event that
 *      was started just before a crash has the same id after it.
 * FW3  What cannot be looked at now changes nothing: a folder that is away for a moment has removed no files.
 *
 * When it looks next, `rest.ts` says.
 */
import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { digest, type EventData } from "./event.ts";
import { restAfter } from "./rest.ts";
import { contentOf, FILES_MAX, type Found, type Look, nameOf, Scanner } from "./scan.ts";
import type { Change, WatchSettings } from "./settings.ts";
import type { Trigger } from "./trigger.ts";

/** From a sign of a change to the look at it. */
const SOON_MS = 30;
const BATCH = 64;
/** Files whose content is read before anything has changed, so that a file that is only touched is told from a new one. */
const HASHED_FIRST = 1000;

/** A file as it was dealt with last. */
interface Known {
  mark: string;
  sha256: string;
  bytes: number;
  mtime: number;
  /** Tells this file from a later one of the same path. */
  at: string;
}

interface Pending {
  mark: string;
  since: number;
}

interface Due {
  path: string;
  change: Change;
  event: EventData;
  /** Undefined: it is gone. */
  known: Known | undefined;
}

export function startWatch(trigger: Trigger, settings: WatchSettings): { close(): Promise<void> } {
  const watching = new Watch(trigger, settings);
  watching.begin();
  return watching;
}

class Watch {
  readonly #trigger: Trigger;
  readonly #settings: WatchSettings;
  readonly #scanner: Scanner;
  #known: Map<string, Known> | undefined;
  #pending = new Map<string, Pending>();
  #watcher: FSWatcher | undefined;
  #ino = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #looking: Promise<void> = Promise.resolve();
  #isLooking = false;
  /** Something was heard during a look. */
  #again = false;
  /** The moment from which it may look again after a sign of a change. */
  #rested = 0;
  /** What the look that goes on has spent on telling what it found: while it is paused, or its arm full, that is long. */
  #toldMs = 0;
  /** Moments of the events of the last minute, where their number has a bound. */
  #told: number[] = [];

  constructor(trigger: Trigger, settings: WatchSettings) {
    this.#trigger = trigger;
    this.#settings = settings;
    this.#scanner = new Scanner(settings);
    const { of, files } = trigger.kept as { of?: string; files?: Record<string, Known> };
    // What was seen of another place says nothing of this one.
    if (of === settings.path && files !== undefined) this.#known = new Map(Object.entries(files));
  }

  begin(): void {
    this.#lookIn(0);
  }

  async close(): Promise<void> {
    this.#trigger.end();
    clearTimeout(this.#timer);
    this.#watcher?.close();
    await this.#looking;
  }

  #lookIn(ms: number): void {
    const dueAt = performance.now() + ms;
    if (this.#trigger.closing.aborted || this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#dueAt = Infinity;
      this.#looking = this.#lookAndGoOn();
    }, ms);
    this.#timer.unref();
  }

  #hear(): void {
    if (this.#isLooking) this.#again = true;
    else this.#lookIn(Math.max(SOON_MS, this.#rested - performance.now()));
  }

  async #lookAndGoOn(): Promise<void> {
    this.#isLooking = true;
    this.#toldMs = 0;
    const began = performance.now();
    try {
      await this.#listen();
      await this.#look();
    } catch (error) {
      if (this.#trigger.closing.aborted) return;
      this.#trigger.waits(`${this.#settings.path} cannot be looked at: ${(error as Error).message}`);
    } finally {
      this.#isLooking = false;
    }
    const { settle, poll } = this.#settings;
    const now = performance.now();
    const lookedMs = now - began - this.#toldMs;
    const isStanding = this.#pending.size > 0 && this.#room() > 0;
    const next = this.#again ? SOON_MS : isStanding ? Math.max(settle / 2, 10) : poll;
    this.#rested = now + restAfter(lookedMs, true);
    this.#lookIn(Math.max(next, restAfter(lookedMs, this.#again || isStanding)));
    this.#again = false;
  }

  /** Asks the system to tell of changes; where it does not, the looks that come anyway must do. */
  async #listen(): Promise<void> {
    const place = await this.#scanner.place();
    const ino = place === undefined ? 0 : (await stat(place.folder)).ino;
    if (ino === this.#ino) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#ino = ino;
    if (place === undefined || this.#trigger.closing.aborted) return;
    try {
      const { folder, recursive } = place;
      this.#watcher = watch(folder, { recursive, persistent: false }, () => this.#hear());
      this.#watcher.on("error", () => (this.#ino = 0));
    } catch (error) {
      this.#trigger.log.warn(
        { trigger: this.#trigger.name },
        `changes of ${place.folder} are seen by looking every ${this.#settings.poll} ms: ${(error as Error).message}`,
      );
    }
  }

  async #look(): Promise<void> {
    const look = await this.#scanner.look();
    if (look === undefined) return this.#trigger.waits(`${this.#settings.path} is not there`);
    this.#known ??= await this.#baseline(look);
    for (;;) {
      const due = await this.#findDue(look, this.#known);
      if (due.length > 0) await this.#tell(due, this.#known);
      if (due.length < BATCH) break;
    }
    this.#trigger.waits(this.#whyNot(look));
  }

  #whyNot({ tooMany }: Look): string | undefined {
    if (tooMany) return `more than ${FILES_MAX} files are there, and not all of them are watched: name fewer`;
    if (this.#pending.size === 0 || this.#room() > 0) return undefined;
    return `${this.#settings.most} events in a minute are the most (most): others wait`;
  }

  /** What was there before the trigger was. */
  async #baseline({ files }: Look): Promise<Map<string, Known>> {
    const known = new Map<string, Known>();
    if (this.#settings.existing === "skip") {
      for (const found of files.values()) {
        const sha256 = files.size <= HASHED_FIRST ? ((await contentOf(found)) ?? "") : "";
        known.set(found.path, knownOf(found, sha256, this.#trigger.common().at));
      }
    }
    this.#keep(known);
    return known;
  }

  /** What has changed and stands still, at most a batch of it. */
  async #findDue({ files }: Look, known: Map<string, Known>): Promise<Due[]> {
    const due: Due[] = [];
    const pending = new Map<string, Pending>();
    const room = this.#room();
    for (const found of files.values()) {
      const before = known.get(found.path);
      if (before?.mark === found.mark) continue;
      if (due.length >= room || !this.#isStill(found.path, found.mark, pending)) {
        pending.set(found.path, pending.get(found.path) ?? this.#waiting(found.path, found.mark));
        continue;
      }
      const one = await this.#changeOf(found, before);
      // Written to while it was read: it is looked at again.
      if (one === undefined) pending.set(found.path, { mark: found.mark, since: performance.now() });
      else if ("event" in one) due.push(one);
      else known.set(found.path, one);
    }
    for (const [path, before] of known) {
      if (files.has(path)) continue;
      if (due.length >= room || !this.#isStill(path, "", pending)) {
        pending.set(path, pending.get(path) ?? this.#waiting(path, ""));
        continue;
      }
      due.push({ path, change: "removed", event: this.#eventOf(path, "removed", before), known: undefined });
    }
    this.#pending = pending;
    return due;
  }

  /** How many may be told now. */
  #room(): number {
    const { most } = this.#settings;
    if (most === undefined) return BATCH;
    const now = performance.now();
    this.#told = this.#told.filter((at) => now - at < 60_000);
    return Math.min(BATCH, most - this.#told.length);
  }

  #waiting(path: string, mark: string): Pending {
    return this.#pending.get(path) ?? { mark, since: performance.now() };
  }

  #isStill(path: string, mark: string, pending: Map<string, Pending>): boolean {
    const now = performance.now();
    const before = this.#pending.get(path);
    const since = before?.mark === mark ? before.since : now;
    pending.set(path, { mark, since });
    if (now - since < this.#settings.settle) return false;
    pending.delete(path);
    return true;
  }

  /** The event of a file; what is known of it where it is only another file of the same content. */
  async #changeOf(found: Found, before: Known | undefined): Promise<Due | Known | undefined> {
    const sha256 = await contentOf(found);
    if (sha256 === undefined) return undefined;
    const known = knownOf(found, sha256, this.#trigger.common().at);
    if (before !== undefined && sha256 !== "" && before.sha256 === sha256) return { ...known, at: before.at };
    const change = before === undefined ? "created" : "changed";
    return { path: found.path, change, event: this.#eventOf(found.path, change, known), known };
  }

  #eventOf(path: string, change: Change, { mark, sha256, bytes, mtime, at }: Known): EventData {
    // What is gone has the time at which it was seen for its mark: a later file of that name may go, too.
    const tells = change === "removed" ? `removed ${at}` : "there";
    const id = digest([path, tells, mark, sha256].join("\n"));
    const stamp = new Date(mtime).toISOString();
    return {
      ...{ id, ...this.#trigger.common() },
      ...{ path, name: nameOf(path), change, bytes, mtime: stamp, sha256 },
    };
  }

  async #tell(due: readonly Due[], known: Map<string, Known>): Promise<void> {
    const told = due.filter(({ change }) => this.#settings.on.includes(change));
    if (told.length > 0) {
      const began = performance.now();
      await this.#trigger.takeWhenever(told.map(({ event }) => event));
      const now = performance.now();
      this.#toldMs += now - began;
      if (this.#settings.most !== undefined) for (const _ of told) this.#told.push(now);
    }
    for (const { path, known: now } of due) {
      if (now === undefined) known.delete(path);
      else known.set(path, now);
    }
    this.#keep(known);
  }

  /** Not waited for: until it is written, ids keep events from starting twice. */
  #keep(known: ReadonlyMap<string, Known>): void {
    void this.#trigger.keep(() => ({ of: this.#settings.path, files: Object.fromEntries(known) }));
  }
}

function knownOf({ mark, bytes, mtime }: Found, sha256: string, at: string): Known {
  return { mark, sha256, bytes, mtime, at };
}
