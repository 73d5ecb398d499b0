/**
 * Deleting a namespace of a cluster, in steps that any server takes up where another has left them.
 *
 * RM1  The list says that it is being deleted; whoever holds it leads it no more. Its log ends there.
 * RM2  When every living holder has said so, and for a while, the first of them that has all of the log keeps a last snapshot
 *      among the shared objects, and says so in the list. From then on any server may delete the log and say that it is gone.
 *      Two that do so at once do no harm: each lets go of what is older than the last snapshot of its own, never of as new a one,
 *      which may be that of the list.
 * RM3  Every holder drops its replica then. One that was away drops it when it comes back (NA1: its shard is none of the list).
 * RM4  What is kept of a deleted one goes after a while, by the hand of one server (`deleted.ts`).
 */
import { KEEP_DELETED_MS, sweepDeleted } from "./deleted.ts";
import { HOST_SETTINGS, type HostedShard, type ShardHostOptions } from "./host-options.ts";
import type { Namespace, Namespaces } from "./namespaces.ts";
import { listSnapshots, type Manifest, proveSnapshot, removeSnapshot } from "./snapshot.ts";

/** All have led it no more for so long: words of who leads may be late. */
const STILL_MS = 2000;
const AGAIN_MS = 5000;

type Held = ReadonlyMap<string, { readonly namespace: Namespace; readonly hosted: HostedShard }>;

export class Removals {
  readonly #options: ShardHostOptions & { namespaces: Namespaces };
  /** Since when nobody leads it. */
  readonly #stillSince = new Map<string, number>();
  readonly #busy = new Set<string>();
  readonly #retired = new Set<string>();
  readonly #againAt = new Map<string, number>();
  #sweptAt: number;

  constructor(options: ShardHostOptions & { namespaces: Namespaces }) {
    this.#options = options;
    this.#sweptAt = options.clock.elapsed();
  }

  look(held: Held): void {
    this.#sweep();
    for (const namespace of this.#options.namespaces.all) {
      const { shard, removing } = namespace;
      if (removing === undefined) continue;
      const hosted = held.get(shard)?.hosted;
      if (hosted !== undefined && !this.#retired.has(shard)) {
        this.#retired.add(shard);
        void hosted.shard.retire();
      }
      if (removing.snapshot !== undefined) {
        if (this.#isFirst()) this.#do(shard, () => this.#end(namespace));
      } else if (hosted !== undefined && this.#isStill(shard)) this.#do(shard, () => this.#seal(namespace, hosted));
    }
  }

  #do(shard: string, work: () => Promise<void>): void {
    const { clock, words } = this.#options;
    if (this.#busy.has(shard) || (this.#againAt.get(shard) ?? 0) > clock.elapsed()) return;
    this.#busy.add(shard);
    work()
      .catch((error: unknown) => {
        words.warn({ shard, cause: String(error) }, "a namespace could not be deleted yet");
        this.#againAt.set(shard, clock.elapsed() + AGAIN_MS);
      })
      .finally(() => this.#busy.delete(shard));
  }

  /** RM4. */
  #sweep(): void {
    const { clock, words, settings, keepDeletedMs: keepMs = KEEP_DELETED_MS } = this.#options;
    const { sweepMs } = { ...HOST_SETTINGS, ...settings };
    if (clock.elapsed() - this.#sweptAt < sweepMs || !this.#isFirst()) return;
    this.#sweptAt = clock.elapsed();
    const swept = (shards: string[]): void => {
      if (shards.length > 0) words.info({ shards }, "what was kept of deleted namespaces is gone");
    };
    sweepDeleted({ ...this.#options, keepMs }).then(swept, (error: unknown) =>
      words.warn({ cause: String(error) }, "what is kept of deleted namespaces could not be looked through"),
    );
  }

  /** One server is enough. */
  #isFirst(): boolean {
    const { members, backend } = this.#options;
    return members.living().every(({ name }) => name >= backend.server);
  }

  /** Nobody leads it any more, and this server is the first of those who hold it. */
  #isStill(shard: string): boolean {
    const { members, backend, clock } = this.#options;
    const holders = members.holders(shard);
    const now = clock.elapsed();
    if (holders.some(({ shards }) => shards[shard]!.retired !== true || shards[shard]!.role === "leader")) {
      this.#stillSince.delete(shard);
      return false;
    }
    const since = this.#stillSince.get(shard) ?? now;
    this.#stillSince.set(shard, since);
    const [first] = holders.filter(({ shards }) => shards[shard]!.trouble === undefined).sort(byProgress(shard));
    return now - since >= STILL_MS && first?.name === backend.server;
  }

  async #seal(namespace: Namespace, { shard: replica }: HostedShard): Promise<void> {
    const { backend, namespaces } = this.#options;
    const { log } = await backend.shard(namespace.shard);
    const { last } = await log.range();
    // The next look finds it further.
    if (replica.position().seq < last) return;
    const manifest = await replica.snapshot();
    await proveSnapshot(backend.objects, manifest);
    await this.#end(await namespaces.seal(namespace, manifest.name));
  }

  async #end(namespace: Namespace): Promise<void> {
    const { backend, namespaces, words } = this.#options;
    const { name, shard, removing } = namespace;
    const snapshot = removing?.snapshot;
    await backend.removeShard(shard);
    await namespaces.endRemoval(namespace);
    words.info({ namespace: name, shard, snapshot }, "the namespace is deleted; a last snapshot of it is kept");
    const all = await listSnapshots(backend.objects, shard);
    const last = all.find((each) => each.name === snapshot);
    for (const each of all)
      if (last !== undefined && isOlder(each, last)) await removeSnapshot(backend.objects, each.name);
    // Where nothing is to be kept it goes now.
    this.#sweptAt = -Infinity;
  }
}

function isOlder(one: Manifest, other: Manifest): boolean {
  return one.epoch < other.epoch || (one.epoch === other.epoch && one.seq < other.seq);
}

function byProgress(shard: string) {
  type One = { name: string; shards: Readonly<Record<string, { seq: number }>> };
  return (a: One, b: One): number => b.shards[shard]!.seq - a.shards[shard]!.seq || (a.name < b.name ? -1 : 1);
}
