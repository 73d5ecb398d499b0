/**
 * Files by the hash of their content, here and among the shared objects (`files/<shard>/<sha256>`: what one shard lets go of
 * is not what another needs).
 *
 * FI1  A turn that names files is appended after they are among the objects (`share`), and applied after they are here
 *      (`fetch`): whoever has applied it can read them.
 * FI2  An object is removed by the leader, after the event by which nothing names it any more is durable. What follows for one
 *      content comes in order: a file that comes again is put after the removal of the one before it.
 * FI3  Should an object be missing all the same, whoever has the file is asked for it on the bus, and puts it again.
 * FI4  A file that came in is acknowledged when it is among the objects, and a result that names one which is not here has it
 *      fetched: the server that took it in may be gone before the result comes.
 */
import { OctopusError } from "../base/errors.ts";
import type { Batch, Event } from "../core/event.ts";
import type { Artifacts, Clock, Log } from "../engine/ports.ts";
import type { Bus, Objects } from "./ports.ts";
import type { ReplicaTables } from "./replica-tables.ts";
import { inParallel } from "./in-parallel.ts";

export interface ClusterFilesOptions {
  shard: string;
  backend: { readonly objects: Objects; readonly bus: Bus };
  artifacts: Artifacts;
  tables: ReplicaTables;
  clock: Clock;
  log: Log;
  /** True while this server decides what is removed. */
  isLeading(): boolean;
  /** A file that cannot be shared for so long fails its turn. */
  giveUpMs?: number;
  /** One that nobody has is given up after so long. */
  missingMs?: number;
}

const AGAIN_MS = 300;
const GIVE_UP_MS = 10_000;
const MISSING_MS = 300_000;
const AT_ONCE = 8;
/** Of which it is known that they are among the objects. */
const KNOWN_MAX = 20_000;
const SWEEP_MS = 60_000;
/** A file that nothing names is left alone for a day: it may be on its way. */
const FORGOTTEN_MS = 86_400_000;

/** Hashes of the files that events name. */
export function filesNamed(batches: readonly Batch[]): string[] {
  return batches.flatMap(({ events }) => events.flatMap(filesOf));
}

const NONE: readonly string[] = [];

function filesOf(event: Event): readonly string[] {
  if (event.type === "PluginPublished") return event.files.map(({ sha256 }) => sha256);
  if (event.type !== "AttemptEnded") return NONE;
  const { resultRef, artifacts } = event;
  if (resultRef === undefined && artifacts === undefined) return NONE;
  const files = artifacts?.map(({ hash }) => hash) ?? [];
  return resultRef === undefined ? files : [resultRef, ...files];
}

/** What the names of a shard's files begin with among the shared objects. */
export function filesPrefix(shard: string): string {
  return `files/${shard}/`;
}

export class ClusterFiles {
  /** What the engine is given. */
  readonly artifacts: Artifacts;
  readonly #options: ClusterFilesOptions;
  readonly #topic: string;
  readonly #known = new Set<string>();
  /** By hash what is under way with its object. */
  readonly #work = new Map<string, Promise<unknown>>();
  readonly #ends: (() => void)[];
  #cancelSweep: () => void = () => {};
  #closed = false;

  constructor(options: ClusterFilesOptions) {
    this.#options = options;
    this.#topic = `shard/${options.shard}/file-wanted`;
    this.artifacts = this.#wrap(options.artifacts);
    const wanted = (word: unknown): void => this.#wanted((word as { sha256?: unknown }).sha256);
    this.#ends = [options.backend.bus.subscribe(this.#topic, wanted)];
    this.#sweepLater();
  }

  /** Resolves when what the turn names is among the objects; undefined when it names nothing. */
  share(batch: Batch): Promise<void> | undefined {
    const named = filesNamed([batch]);
    if (named.length === 0) return undefined;
    const { clock, giveUpMs = GIVE_UP_MS } = this.#options;
    const until = clock.elapsed() + giveUpMs;
    return inParallel(named, AT_ONCE, (hash) => this.#shareOne(hash, until));
  }

  /** Resolves when what these turns name is here; undefined when it is. */
  fetch(batches: readonly Batch[]): Promise<void> | undefined {
    const { artifacts } = this.#options;
    const missing = filesNamed(batches).filter((hash) => !artifacts.has(hash));
    if (missing.length === 0) return undefined;
    return inParallel([...new Set(missing)], AT_ONCE, (hash) => this.#fetchOne(hash));
  }

  /** Resolves when those are here that are among the objects; rejects when that cannot be said now. */
  async #bring(hashes: readonly string[]): Promise<void> {
    const { clock, giveUpMs = GIVE_UP_MS, artifacts } = this.#options;
    const until = clock.elapsed() + giveUpMs;
    await inParallel([...new Set(hashes)], AT_ONCE, async (hash) => {
      while (!artifacts.has(hash)) {
        try {
          await this.#take(hash);
          return;
        } catch (error) {
          if (this.#closed || clock.elapsed() >= until) throw error;
          await this.#pause();
        }
      }
    });
  }

  /** The same for all that the tables name. */
  async fetchAll(): Promise<void> {
    const { artifacts, tables } = this.#options;
    const missing = [...tables.artifacts()].filter((hash) => !artifacts.has(hash));
    await inParallel(missing, AT_ONCE, (hash) => this.#fetchOne(hash));
  }

  /** Puts all that the tables name among the objects. */
  async shareAll(): Promise<void> {
    const { artifacts, tables, clock } = this.#options;
    const named = [...tables.artifacts()].filter((hash) => artifacts.has(hash));
    await inParallel(named, AT_ONCE, (hash) => this.#shareOne(hash, clock.elapsed() + MISSING_MS));
  }

  close(): void {
    this.#closed = true;
    this.#cancelSweep();
    for (const end of this.#ends) end();
  }

  #wrap(artifacts: Artifacts): Artifacts {
    return {
      ...artifacts,
      put: (text) => {
        const reference = artifacts.put(text);
        this.#early(reference);
        return reference;
      },
      sink: () => {
        const sink = artifacts.sink();
        return {
          write: (chunk) => sink.write(chunk),
          abort: () => sink.abort(),
          commit: () => {
            const kept = sink.commit();
            this.#early(kept.sha256);
            const { clock, giveUpMs = GIVE_UP_MS } = this.#options;
            return { ...kept, shared: () => this.#shareOne(kept.sha256, clock.elapsed() + giveUpMs) };
          },
        };
      },
      bring: (references) => this.#bring(references),
      remove: (references) => {
        artifacts.remove(references);
        if (this.#options.isLeading()) for (const hash of references) this.#removeObject(hash);
      },
    };
  }

  /** On its way before the turn that names it: what is left to wait for is short then. */
  #early(hash: string): void {
    this.#inOrder(hash, () => this.#put(hash)).catch(() => {});
  }

  async #shareOne(hash: string, until: number): Promise<void> {
    const { clock, log } = this.#options;
    for (let tries = 0; ; tries++) {
      try {
        return await this.#inOrder(hash, () => this.#put(hash));
      } catch (error) {
        if (tries === 0) log.warn({ file: hash, cause: String(error) }, "a file cannot be shared; trying again");
        if (clock.elapsed() >= until) throw notShared(hash, error);
        await this.#pause();
      }
    }
  }

  async #put(hash: string): Promise<void> {
    if (this.#known.has(hash)) return;
    const { artifacts, backend } = this.#options;
    const name = this.#nameOf(hash);
    if (!(await backend.objects.has(name))) {
      const file = artifacts.open(hash);
      if (file === undefined) throw new Error("it is not here");
      await backend.objects.put(name, file.chunks);
    }
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.add(hash);
  }

  #nameOf(hash: string): string {
    return `${filesPrefix(this.#options.shard)}${hash}`;
  }

  #removeObject(hash: string): void {
    this.#known.delete(hash);
    const { artifacts, tables, backend, log } = this.#options;
    this.#inOrder(hash, async () => {
      // It may have come again while it waited for its turn.
      if (!artifacts.has(hash) && !tables.artifactUsed(hash)) await backend.objects.remove(this.#nameOf(hash));
    }).catch((error: unknown) => log.warn({ file: hash, cause: String(error) }, "a shared file could not be removed"));
  }

  async #fetchOne(hash: string): Promise<void> {
    const { artifacts, clock, log, missingMs = MISSING_MS } = this.#options;
    const until = clock.elapsed() + missingMs;
    for (let tries = 0; !artifacts.has(hash) && !this.#closed; tries++) {
      try {
        if (await this.#take(hash)) return;
      } catch (error) {
        log.debug({ file: hash, cause: String(error) }, "a shared file could not be read");
      }
      if (tries === 1) log.warn({ file: hash }, "a shared file is missing; the other servers are asked for it");
      if (clock.elapsed() >= until) {
        log.error({ file: hash }, "no server has this file any more; going on without it");
        return;
      }
      this.#options.backend.bus.publish(this.#topic, { sha256: hash });
      await this.#pause();
    }
  }

  /** False: there is no such object. */
  async #take(hash: string): Promise<boolean> {
    const { artifacts, backend } = this.#options;
    const chunks = await backend.objects.get(this.#nameOf(hash));
    if (chunks === undefined) return false;
    const sink = artifacts.sink();
    try {
      for await (const chunk of chunks) sink.write(chunk);
    } catch (error) {
      sink.abort();
      throw error;
    }
    // Content with another hash is kept under its own name, and swept away in time.
    if (sink.commit().sha256 === hash) return true;
    await backend.objects.remove(this.#nameOf(hash));
    return false;
  }

  /** Another server lacks it. */
  #wanted(hash: unknown): void {
    if (typeof hash !== "string" || !this.#options.artifacts.has(hash)) return;
    this.#known.delete(hash);
    this.#early(hash);
  }

  /** After what is under way with this content. */
  #inOrder<T>(hash: string, work: () => Promise<T>): Promise<T> {
    const before = this.#work.get(hash);
    const next = before === undefined ? work() : before.then(work, work);
    this.#work.set(hash, next);
    const end = (): void => {
      if (this.#work.get(hash) === next) this.#work.delete(hash);
    };
    next.then(end, end);
    return next;
  }

  #pause(): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => void clock.wakeAt(clock.now() + AGAIN_MS, resolve));
  }

  /** Who follows removes what nothing names any more, a step at a time; who leads does so by its retention. */
  #sweepLater(): void {
    const { clock, artifacts, tables, isLeading } = this.#options;
    this.#cancelSweep = clock.wakeAt(clock.now() + SWEEP_MS, () => {
      if (!isLeading()) {
        const stale = artifacts.stale(clock.now() - FORGOTTEN_MS);
        artifacts.remove(stale.filter((hash) => !tables.artifactUsed(hash)));
      }
      this.#sweepLater();
    });
  }
}

function notShared(hash: string, cause: unknown): OctopusError {
  return new OctopusError(
    "storage_failed",
    `the file ${hash} could not be put where the other servers can read it: ${String(cause)}`,
    { cause, retryable: true },
  );
}
