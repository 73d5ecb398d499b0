/**
 * Makes a snapshot of a shard now and then, and lets the log go of what no replica needs any more.
 *
 * SK1  The log is trimmed below the second newest snapshot that is whole, never below what a living replica has still to
 *      read, unless that one is so far behind that a snapshot is its shorter way. And only while the log says at its number
 *      what the snapshot holds (SN2): where the log's end went back, numbers were given again, and one who has not heard of
 *      that would take the repair itself for what is behind him.
 *      Between that look and the trim lies one way to the backend, and what would be sent later is not sent; a repair takes longer,
 *      as it believes no loss before `confirmMs`. Its base is below that number only where the log has lost everything since the
 *      second newest snapshot. Should all of this meet, whoever wrote the base leads on and makes a snapshot (SK3).
 * SK3  A replica that finds none that it could use says so, and the leader makes one.
 * SK2  A follower makes them where there is one: a leader has better things to do. Two that make one at a time do no harm.
 */
import type { Clock, Log } from "../engine/ports.ts";
import type { Members } from "./members.ts";
import type { ReplicatedLog } from "./ports.ts";
import { chainOf } from "./record.ts";
import type { Replica } from "./replica.ts";
import { listSnapshots, makeSnapshot, type Manifest, pruneSnapshots, type SnapshotOptions } from "./snapshot.ts";

export interface SnapshotKeeperOptions extends SnapshotOptions {
  log: ReplicatedLog;
  replica: Replica;
  members: Members;
  clock: Clock;
  words: Log;
  role(): "leader" | "follower";
  leader(): string;
  /** Resolves when no turn is being written. */
  settled(): Promise<void>;
  /** A snapshot is made after so many records, or so many bytes of them. */
  everyRecords: number;
  everyBytes: number;
  /** Bytes of the records that went through this server. */
  bytes(): number;
}

const LOOK_MS = 5000;
/** After a snapshot that failed. */
const AGAIN_MS = 60_000;
/** Between two that others ask for. */
const WANTED_MS = 10_000;
/** A replica that lags by so many snapshots takes one. */
const HOPELESS = 4;

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  #newest: Manifest | undefined;
  /** What had gone through this server when the newest was made, or found. */
  #bytes = 0;
  #making: Promise<Manifest> | undefined;
  #wantedAt = -Infinity;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#later(LOOK_MS);
  }

  /** The newest that this server knows of. */
  get newest(): Manifest | undefined {
    return this.#newest;
  }

  /** A replica finds none that it could use. */
  async wanted(): Promise<void> {
    const { role, clock } = this.#options;
    const now = clock.elapsed();
    if (this.#closed || role() !== "leader" || now - this.#wantedAt < WANTED_MS) return;
    this.#wantedAt = now;
    await this.make();
  }

  /** Makes one now. */
  make(): Promise<Manifest> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#making?.catch(() => {});
  }

  #later(ms: number): void {
    if (this.#closed) return;
    const { clock, words, shard } = this.#options;
    this.#cancel = clock.wakeAt(clock.now() + ms, () => {
      this.#look().then(
        () => this.#later(LOOK_MS),
        (error: unknown) => {
          words.warn({ shard, cause: String(error) }, "could not make a snapshot");
          this.#later(AGAIN_MS);
        },
      );
    });
  }

  async #look(): Promise<void> {
    const { replica, everyRecords, everyBytes, bytes, objects, shard } = this.#options;
    const { seq, epoch } = replica.position;
    const isDue = (): boolean => {
      const newest = this.#newest?.epoch === epoch ? this.#newest.seq : 0;
      return seq > newest && (seq - newest >= everyRecords || bytes() - this.#bytes >= everyBytes);
    };
    if (!isDue() || !this.#isOurs()) return;
    // Another server may have made one.
    const [newest] = await listSnapshots(objects, shard);
    if (newest !== undefined && (newest.epoch !== this.#newest?.epoch || newest.seq > this.#newest.seq)) {
      this.#newest = newest;
      this.#bytes = bytes();
    }
    if (isDue() && !this.#closed) await this.make();
  }

  #isOurs(): boolean {
    const { members, shard, role, leader } = this.#options;
    const isAlone = members.holders(shard).length <= 1;
    return role() === "follower" ? members.rank(shard, leader()) === 0 : isAlone;
  }

  async #make(): Promise<Manifest> {
    const { objects, shard, words, settled } = this.#options;
    await settled();
    const made = await makeSnapshot(this.#options);
    this.#newest = made;
    this.#bytes = this.#options.bytes();
    const kept = await pruneSnapshots(objects, shard);
    await this.#trim(kept);
    words.info({ shard, record: made.seq, bytes: made.bytes }, "made a snapshot");
    return made;
  }

  async #trim(kept: readonly Manifest[]): Promise<void> {
    const { log, members, shard, everyRecords, replica } = this.#options;
    const { epoch, seq } = replica.position;
    const second = kept[1];
    if (second === undefined || second.epoch !== epoch) return;
    const positions = members.holders(shard).map(({ shards }) => shards[shard]!.seq);
    const needed = positions.filter((each) => seq - each < everyRecords * HOPELESS);
    const record = await log.get(second.seq);
    if (record === undefined || chainOf(record.bytes) !== second.chain) return;
    // The record that a position stands at is kept: by its hash a replica sees that it is on the right way.
    await log.trim(Math.min(second.seq, ...needed));
  }
}
