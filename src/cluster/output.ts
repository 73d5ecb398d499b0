/**
 * Output of attempts on all servers: the leader writes what workers send to its log store, and publishes it; the others write
 * what they hear to theirs. It has no part in what is acknowledged.
 *
 * OU1  How far the output was followed stands in the same transaction as what was written, so that a restart neither repeats
 *      nor leaves out. What the leader itself has published comes back to it, and is left out; after a crash it comes back to
 *      a process that knows nothing of it, and is looked for among what was kept.
 */
import type { Batch } from "../core/event.ts";
import type { Clock, Log, LogStore } from "../engine/ports.ts";
import type { LogChunk } from "../protocol/link.ts";
import { inTime } from "./in-time.ts";
import type { OutputStream } from "./ports.ts";

/** A log store that remembers how far it has followed. */
export interface FollowingLogs extends LogStore {
  append(chunks: readonly LogChunk[], place?: string): void;
  place(): string | undefined;
  /** How many pieces like this one are kept. */
  count(chunk: LogChunk): number;
}

export interface ClusterOutputOptions {
  logs: FollowingLogs;
  output: OutputStream;
  clock: Clock;
  log: Log;
  isLeading(): boolean;
  keep?: { ageMs: number; bytesMax: number };
}

/** Pieces of our own that may be on their way back. */
const OWN_MAX = 200_000;
const PRUNE_MS = 60_000;
const PLACE_MS = 1000;
/** So long after a start, what comes may be what the process before it had published. */
const AGAIN_MS = 60_000;
const FLUSH_MS = 2000;

/** What the names of a shard's old output begin with among the shared objects. */
export function outputPrefix(shard: string): string {
  return `output/${shard}/`;
}

export class ClusterOutput {
  /** What the engine is given. */
  readonly logs: LogStore;
  readonly #options: ClusterOutputOptions;
  #own = new Set<string>();
  /** The place that goes with what is being written, while it is what others have published. */
  #heardAt: string | undefined;
  readonly #startedAt: number;
  /** Pieces that have come again since the start, by what they are. */
  readonly #cameAgain = new Map<string, number>();
  #isOurs = true;
  #placeSavedAt = -Infinity;
  #stop: () => void = () => {};
  #cancelPrune: () => void = () => {};

  constructor(options: ClusterOutputOptions) {
    this.#options = options;
    const { logs, clock } = options;
    this.#startedAt = clock.elapsed();
    this.logs = {
      append: (chunks) => this.#append(chunks),
      read: (task, attempt, range) => logs.read(task, attempt, range),
      extent: (task, attempt) => logs.extent(task, attempt),
      locate: (task, attempt, line) => logs.locate(task, attempt, line),
      remove: (tasks) => logs.remove(tasks),
      prune: (endedBefore, bytesMax) => logs.prune(endedBefore, bytesMax),
    };
  }

  /** Begins to write what others publish; `write` gives it to the engine, which writes it to `logs` at once. */
  follow(write: (chunks: readonly LogChunk[]) => void): void {
    const { output, logs, log } = this.#options;
    this.#stop = output.follow(logs.place(), (chunks, place) => {
      try {
        this.#take(chunks, place, write);
      } catch (error) {
        log.warn({ cause: String(error) }, "output of another server could not be kept");
      }
    });
    this.#pruneLater();
  }

  /** What the events let go of has no output any more. */
  applied(batches: readonly Batch[]): void {
    for (const { events } of batches) {
      for (const event of events) if (event.type === "TasksDeleted") this.#options.logs.remove(event.tasks);
    }
  }

  async close(): Promise<void> {
    this.#stop();
    this.#cancelPrune();
    const { output, clock } = this.#options;
    // Where nothing takes it, it is not waited for: a server that is told to stop ends.
    await inTime(clock, FLUSH_MS, output.flush(), undefined);
  }

  #append(chunks: readonly LogChunk[]): void {
    const { logs, output } = this.#options;
    if (!this.#isOurs) return logs.append(chunks, this.#heardAt);
    logs.append(chunks);
    if (this.#own.size > OWN_MAX) this.#own.clear();
    for (const chunk of chunks) this.#own.add(nameOf(chunk));
    output.publish(chunks);
  }

  #take(chunks: readonly LogChunk[], place: string, write: (chunks: readonly LogChunk[]) => void): void {
    const { clock, logs } = this.#options;
    let others = this.#own.size === 0 ? chunks : chunks.filter((chunk) => !this.#own.delete(nameOf(chunk)));
    if (clock.elapsed() - this.#startedAt < AGAIN_MS) others = others.filter((chunk) => !this.#isKept(chunk));
    else this.#cameAgain.clear();
    if (others.length > 0) {
      this.#isOurs = false;
      this.#heardAt = place;
      try {
        write(others);
      } finally {
        this.#isOurs = true;
      }
    } else if (clock.elapsed() - this.#placeSavedAt < PLACE_MS) return;
    else logs.append([], place);
    this.#placeSavedAt = clock.elapsed();
  }

  /** The process before this one had kept it, and has not got it back. */
  #isKept(chunk: LogChunk): boolean {
    const kept = this.#options.logs.count(chunk);
    if (kept === 0) return false;
    const name = `${nameOf({ ...chunk, seq: 0 })}/${chunk.text ?? chunk.base64}`;
    const before = this.#cameAgain.get(name) ?? 0;
    if (before >= kept) return false;
    this.#cameAgain.set(name, before + 1);
    return true;
  }

  #pruneLater(): void {
    const { clock, logs, keep, isLeading } = this.#options;
    if (keep === undefined) return;
    this.#cancelPrune = clock.wakeAt(clock.now() + PRUNE_MS, () => {
      if (!isLeading()) logs.prune(clock.now() - keep.ageMs, keep.bytesMax);
      this.#pruneLater();
    });
  }
}

function nameOf({ task, attempt, seq, at, stream }: LogChunk): string {
  return `${task}/${attempt}/${seq ?? ""}/${at}/${stream}`;
}
