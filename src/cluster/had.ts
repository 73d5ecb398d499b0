/**
 * What this server had applied when it was last there, of shards that it has not opened since: others are told that it may have
 * it (MB2).
 */
import type { Member } from "./member.ts";
import type { Applied } from "./replica-tables.ts";

export class Had {
  /** By shard; undefined: what it said last was not read yet. */
  #applied: Map<string, Applied> | undefined;
  #only: ReadonlySet<string> | undefined;

  /** It is known what this server said last. */
  get isKnown(): boolean {
    return this.#applied !== undefined;
  }

  /** Undefined: nothing is left of it. */
  get word(): Record<string, Applied> | undefined {
    return this.#applied === undefined || this.#applied.size === 0 ? undefined : Object.fromEntries(this.#applied);
  }

  /** `last`: what it said of itself, if ever. `opened`: shards that it has opened meanwhile. */
  read(last: Member | undefined, opened: { has(shard: string): boolean }): void {
    if (this.#applied !== undefined) return;
    this.#applied = new Map();
    for (const [shard, { seq, term, epoch, chain }] of Object.entries({ ...last?.had, ...last?.shards })) {
      const isGone = this.#only?.has(shard) === false;
      if (!isGone && !opened.has(shard)) this.#applied.set(shard, { seq, term, epoch, chain });
    }
  }

  /** What it holds of the shard is known now. */
  forget(shard: string): void {
    this.#applied?.delete(shard);
  }

  /** There is nothing here of any other shard. */
  keepOnly(shards: ReadonlySet<string>): void {
    this.#only = shards;
    for (const shard of this.#applied?.keys() ?? []) if (!shards.has(shard)) this.#applied!.delete(shard);
  }
}
