/**
 * Lines that are appended to a file, as `tail -F` reads them.
 *
 * SL1  The place is kept: a restart goes on where it was, in a file that was renamed meanwhile, too. A line that was started
 *      just before a crash has the same id after it, and starts nothing again.
 * SL2  Lines that go together are written down before they are started: after a crash the same ones go together.
 * SL3  A file that is replaced is read to its end before the new one; one that was cut short is read from its beginning.
 */
import { randomUUID } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { digest } from "./event.ts";
import { Feeder, type Item } from "./feeder.ts";
import { type Line, LineCutter } from "./lines.ts";
import type { StreamSettings } from "./settings.ts";
import type { Streaming } from "./stream.ts";
import type { Trigger } from "./trigger.ts";

const CHUNK_BYTES = 256 * 1024;
const POLL_MS = 250;
/** A file that was replaced may still be written to by somebody who has it open. */
const LINGER_MS = 1000;
const HEAD_BYTES = 256;
/** The place is written down at most this often. */
const KEEP_MS = 200;

/** What is kept of the file that is read. */
interface Place {
  of: string;
  /** Drawn for each file that is begun; ids of its lines begin with it. */
  file: string;
  ino: number;
  offset: number;
  /** Digest of its first `headBytes`, by which another file of the same number is known. */
  head: string;
  headBytes: number;
  /** Lines that go together, and were perhaps started. */
  batch?: { from: number; to: number } | undefined;
}

export function startFile(trigger: Trigger, settings: StreamSettings, path: string): Streaming {
  return new FileStream(trigger, settings, path);
}

class FileStream implements Streaming {
  readonly #trigger: Trigger;
  readonly #settings: StreamSettings;
  readonly #path: string;
  readonly #feeder: Feeder;
  readonly #running: Promise<void>;
  readonly #stopping = new AbortController();
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #place: Place | undefined;
  #keptAt = 0;
  /** The place is another one than is written down. */
  #isDirty = false;
  #watcher: FSWatcher | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(trigger: Trigger, settings: StreamSettings, path: string) {
    this.#trigger = trigger;
    this.#settings = settings;
    this.#path = path;
    const kept = trigger.kept as Partial<Place>;
    if (kept.of === path && kept.file !== undefined) this.#place = kept as Place;
    this.#feeder = new Feeder({
      ...{ trigger, settings, after: (items) => this.#after(items) },
      ...(settings.batch !== undefined && { before: (items) => this.#before(items) }),
    });
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#wake.resolve();
    await this.#feeder.close();
    await this.#running;
    this.#watcher?.close();
    if (this.#place !== undefined) await this.#keep();
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    // A file that is there when it is watched for the first time may have a past that nobody wants.
    let isFirst = this.#place === undefined;
    while (!this.#isStopping) {
      try {
        const handle = await this.#open(isFirst);
        if (handle === undefined) {
          this.#trigger.waits(`${this.#path} is not there`);
          isFirst = false;
          await this.#pause();
          continue;
        }
        this.#trigger.waits(undefined);
        isFirst = false;
        try {
          await this.#follow(handle);
        } finally {
          await handle.close();
        }
      } catch (error) {
        if (this.#isStopping) return;
        this.#trigger.waits(`${this.#path} cannot be read: ${(error as Error).message}`);
        await this.#pause();
      }
    }
  }

  /** The file to go on with: the one that was read before, wherever it is now, else the one of this name. */
  async #open(isFirst: boolean): Promise<FileHandle | undefined> {
    const place = this.#place;
    if (place !== undefined) {
      const path = await this.#find(place.ino);
      const handle = path === undefined ? undefined : await openOf(path);
      if (handle !== undefined && (await this.#isSame(handle, place))) return handle;
      await handle?.close();
      if (path !== this.#path && place.offset > 0)
        this.#trigger.log.warn(
          { trigger: this.#trigger.name, file: this.#path },
          `${this.#path} was replaced while nobody read it, and what it was is gone: lines may be missing`,
        );
    }
    const handle = await openOf(this.#path);
    if (handle === undefined) return undefined;
    const { ino, size } = await handle.stat();
    const offset = isFirst && this.#settings.from === "end" ? size : 0;
    this.#place = { of: this.#path, file: randomUUID().slice(0, 13), ino, offset, head: "", headBytes: 0 };
    const head = await readHead(handle, Math.min(HEAD_BYTES, offset));
    Object.assign(this.#place, { head: digestOf(head), headBytes: head.length });
    // What its lines are called must be known before the first of them is started.
    await this.#keep();
    return handle;
  }

  /** Where the file of this number is: under its name, or under another one beside it. */
  async #find(ino: number): Promise<string | undefined> {
    if ((await inoOf(this.#path)) === ino) return this.#path;
    const folder = dirname(this.#path);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.slice(0, 10_000)) {
      const path = join(folder, name);
      if ((await inoOf(path)) === ino) return path;
    }
    return undefined;
  }

  /** The file is the one that was read, and has what was read of it. */
  async #isSame(handle: FileHandle, { ino, offset, head, headBytes }: Place): Promise<boolean> {
    const now = await handle.stat();
    return now.ino === ino && now.size >= offset && digestOf(await readHead(handle, headBytes)) === head;
  }

  /**
   * Whether the file still begins with what was read of it, `chunk` at `at` included. Its digest grows by no more than that,
   * and out of the same reading: what is read a moment later may be the beginning of what has come in its place.
   */
  async #isRead(handle: FileHandle, place: Place, at: number, chunk: Buffer): Promise<boolean> {
    if ((await handle.stat()).size < at) return false;
    const bytes = Math.max(place.headBytes, Math.min(HEAD_BYTES, at + chunk.length));
    const head = await readHead(handle, bytes);
    if (head.length < bytes || digestOf(head.subarray(0, place.headBytes)) !== place.head) return false;
    const seen = head.subarray(at, at + chunk.length);
    if (!seen.equals(chunk.subarray(0, seen.length))) return false;
    place.head = digestOf(head);
    place.headBytes = bytes;
    return true;
  }

  /** Reads the file until another one stands in its place, or it was cut short. */
  async #follow(handle: FileHandle): Promise<void> {
    const place = this.#place!;
    if (place.batch !== undefined) await this.#repeat(handle, place, place.batch);
    const cutter = new LineCutter(this.#settings.lineMax, place.offset, (from, bytes) =>
      this.#trigger.unreadable(
        `a line of ${this.#path} at byte ${from} has ${bytes} bytes; at most ${this.#settings.lineMax} may be`,
      ),
    );
    let at = place.offset;
    let replacedAt: number | undefined;
    while (!this.#isStopping) {
      await this.#feeder.room();
      const { bytesRead } = await handle.read(this.#buffer, 0, CHUNK_BYTES, at);
      const chunk = this.#buffer.subarray(0, bytesRead);
      // Meanwhile it may have been cut short, and have grown beyond what was read of it.
      if (!(await this.#isRead(handle, place, at, chunk))) return this.#leave([], place);
      if (bytesRead > 0) {
        at += bytesRead;
        this.#push(cutter.push(chunk), place);
        replacedAt = undefined;
        continue;
      }
      if ((await inoOf(this.#path)) === place.ino) await this.#pause();
      else if (replacedAt === undefined) {
        replacedAt = performance.now();
        await this.#pause();
      } else if (performance.now() - replacedAt < LINGER_MS) await this.#pause();
      else {
        if ((await inoOf(this.#path)) === undefined) {
          this.#trigger.waits(`${this.#path} is not there`);
          await this.#pause();
          continue;
        }
        // What has no newline at its end will not get one.
        return this.#leave(cutter.flush(), place);
      }
    }
  }

  /** Done with this file, and with what was read of it. */
  async #leave(rest: readonly Line[], place: Place): Promise<void> {
    this.#push(rest, place);
    await this.#feeder.idle();
    if (!this.#isStopping) this.#place = undefined;
  }

  #push(lines: readonly Line[], { file }: Place): void {
    for (const { text, from, to } of lines)
      this.#feeder.push({ text, id: `${file}-${from}`, source: this.#path, from, to });
  }

  /** SL2. The same lines as before the crash, whatever has come since. */
  async #repeat(handle: FileHandle, place: Place, { from, to }: { from: number; to: number }): Promise<void> {
    const bytes = Buffer.alloc(to - from);
    await handle.read(bytes, 0, bytes.length, from);
    const cutter = new LineCutter(this.#settings.lineMax, from, () => {});
    const lines = [...cutter.push(bytes), ...cutter.flush()];
    const items = lines.map(({ text, ...line }) => ({
      text,
      id: `${place.file}-${line.from}`,
      source: this.#path,
      ...line,
    }));
    if (items.length > 0) await this.#feeder.start(items);
    place.offset = to;
    place.batch = undefined;
  }

  async #before(items: readonly Item[]): Promise<void> {
    this.#place!.batch = { from: items[0]!.from!, to: items.at(-1)!.to! };
    await this.#keep();
  }

  #after(items: readonly Item[]): void {
    const place = this.#place!;
    place.offset = items.at(-1)!.to!;
    place.batch = undefined;
    this.#isDirty = true;
    this.#keepSoon();
  }

  #keepSoon(): void {
    const now = performance.now();
    if (!this.#isDirty || now - this.#keptAt < KEEP_MS) return;
    this.#keptAt = now;
    void this.#keep();
  }

  #keep(): Promise<void> {
    this.#isDirty = false;
    return this.#trigger.keep(() => ({ ...this.#place }));
  }

  /** Until something is heard of the folder, or a moment has passed. */
  async #pause(): Promise<void> {
    this.#keepSoon();
    if (this.#isStopping) return;
    this.#wake = Promise.withResolvers();
    this.#listen();
    const cancel = new AbortController();
    const waited = delay(POLL_MS, undefined, { signal: cancel.signal, ref: false }).catch(() => {});
    await Promise.race([this.#wake.promise, waited]);
    cancel.abort();
  }

  #listen(): void {
    if (this.#watcher !== undefined) return;
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, () => this.#wake.resolve());
      this.#watcher.on("error", () => (this.#watcher = undefined));
    } catch {
      // It is looked at every moment anyway.
    }
  }
}

async function openOf(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function inoOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}

async function readHead(handle: FileHandle, bytes: number): Promise<Buffer> {
  if (bytes === 0) return Buffer.alloc(0);
  const head = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(head, 0, bytes, 0);
  return head.subarray(0, bytesRead);
}

/** Of nothing it is nothing. */
function digestOf(head: Buffer): string {
  return head.length === 0 ? "" : digest(head);
}
