/**
 * What the servers of a simulated cluster share: logs, seats, objects, values, words, in memory and under the simulator's
 * time. It keeps the promises of `src/cluster/ports.ts` and none beyond them: a call may be slow, be lost on its way there,
 * be lost on its way back, or arrive long after its caller has given up.
 */
import { Buffer } from "node:buffer";
import type { Leadership } from "../../../src/cluster/ports.ts";
import type { Json } from "../../../src/base/words.ts";
import type { LogChunk } from "../../../src/protocol/link.ts";
import type { SimProcess } from "../process.ts";
import type { World } from "../world.ts";

/** How often what goes wrong. Probabilities are per call. */
export interface ServiceFaults {
  /** Longest way in one direction, in milliseconds. */
  delayMsMax: number;
  /** The call never arrives. */
  lost: number;
  /** It arrives, and its answer does not. */
  unanswered: number;
  /** It arrives after its caller has given up. */
  late: number;
  /** A look at the log does not show its newest records yet. */
  stale: number;
  /** A word on the bus is lost. */
  wordLost: number;
  /** An object is cut short, and nobody is told. */
  torn: number;
  /** Reading or writing an object takes up to so long. */
  objectMsMax: number;
  /** A record of more bytes than this is not taken. */
  recordBytesMax: number;
}

export const NO_FAULTS: ServiceFaults = {
  delayMsMax: 1,
  lost: 0,
  unanswered: 0,
  late: 0,
  stale: 0,
  wordLost: 0,
  torn: 0,
  objectMsMax: 1,
  recordBytesMax: 1_000_000,
};

/** What the log is like for a while. */
interface Trouble {
  /** It takes nothing more. */
  isFull: boolean;
  /** An append arrives within this time, and its caller does not know of that. */
  slowMs: number;
}

/** After so long a caller gives up. */
const PATIENCE_MS = 2000;
/** A late call arrives within this time. */
const LATE_MS_MAX = 15_000;

export class SimLog {
  /** Number of the first record that is held. */
  first = 1;
  records: Uint8Array[] = [];
  /** Called at the moment at which a record is there. */
  onAppend: ((record: Uint8Array, seq: number) => void) | undefined;
  readonly #listeners = new Set<() => void>();
  #isRemoved = false;

  get last(): number {
    return this.first + this.records.length - 1;
  }

  get(seq: number): Uint8Array | undefined {
    return this.records[seq - this.first];
  }

  append(record: Uint8Array, after: number): "appended" | "refused" {
    if (this.#isRemoved) throw new Error("there is no such log");
    if (this.last !== after) return "refused";
    this.records.push(record);
    this.onAppend?.(record, this.last);
    this.changed();
    return "appended";
  }

  /** There is none of this name any more. */
  remove(): void {
    this.#isRemoved = true;
    this.records = [];
    this.changed();
  }

  trim(first: number): void {
    const gone = Math.min(first, this.last) - this.first;
    if (gone <= 0) return;
    this.records.splice(0, gone);
    this.first += gone;
  }

  /** Its newest records were never there: what a crash of machines that do not flush leaves. */
  goBackTo(last: number): void {
    this.records.length = Math.max(1, last - this.first + 1);
    this.changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Who calls. */
export interface Who {
  readonly server: string;
  readonly process: SimProcess;
}

interface Subscriber extends Who {
  listener(message: Json): void;
}

export class Service {
  readonly world: World;
  faults: ServiceFaults;
  readonly logs = new Map<string, SimLog>();
  readonly seats = new Map<string, Leadership>();
  readonly objects = new Map<string, { bytes: Buffer; at: number }>();
  readonly values = new Map<string, string>();
  readonly outputs = new Map<string, LogChunk[][]>();
  readonly topics = new Map<string, Set<Subscriber>>();
  readonly #seatWatchers = new Set<(shard: string) => void>();
  /** Servers that cannot reach it now. */
  readonly #cut = new Set<string>();
  readonly #links = new Map<string, Set<() => void>>();
  readonly trouble: Trouble = { isFull: false, slowMs: 0 };

  constructor(world: World, faults: ServiceFaults = NO_FAULTS) {
    this.world = world;
    this.faults = faults;
  }

  log(shard: string): SimLog {
    let log = this.logs.get(shard);
    if (log === undefined) this.logs.set(shard, (log = new SimLog()));
    return log;
  }

  // --- the way there and back ---

  reaches(server: string): boolean {
    return !this.#cut.has(server);
  }

  /** The server cannot reach it any more, or can again. */
  setLink(server: string, isUp: boolean): void {
    if (this.reaches(server) === isUp) return;
    if (isUp) this.#cut.delete(server);
    else this.#cut.add(server);
    this.world.tell(() => `${server} ${isUp ? "reaches" : "cannot reach"} the service`);
    for (const listener of this.#links.get(server) ?? []) listener();
  }

  onLink(server: string, listener: () => void): () => void {
    const listeners = this.#links.get(server) ?? new Set();
    listeners.add(listener);
    this.#links.set(server, listeners);
    return () => listeners.delete(listener);
  }

  /** Everybody reaches it, and nothing goes wrong any more. */
  heal(): void {
    this.faults = { ...NO_FAULTS, recordBytesMax: this.faults.recordBytesMax };
    Object.assign(this.trouble, { isFull: false, slowMs: 0 });
    for (const server of [...this.#cut]) this.setLink(server, true);
  }

  delay(): number {
    return this.world.prng.next() * this.faults.delayMsMax;
  }

  chance(probability: number): boolean {
    return probability > 0 && this.world.prng.chance(probability);
  }

  /**
   * Does something at the service for a server; throws when no answer comes. `slowMs`: it takes longer than a word, as its
   * caller knows. `stuckMs`: it takes longer to arrive, and its caller does not know of that.
   */
  call<T>({ server, process }: Who, act: () => T, { slowMs = 0, stuckMs = 0 } = {}): Promise<T> {
    const { world, faults } = this;
    const gone = new Error("the service did not answer in time");
    return new Promise<T>((resolve, reject) => {
      let over = false;
      const settle = (how: () => void): void => {
        if (over) return;
        over = true;
        lose();
        process.enter(how);
      };
      const lose = process.after(PATIENCE_MS + slowMs, () => settle(() => reject(gone)));
      const back = (how: () => void): void => {
        if (this.chance(faults.unanswered)) return;
        world.time.after(this.delay() + world.prng.next() * slowMs, () => this.reaches(server) && settle(how));
      };
      const arrive = (): void => {
        if (!this.reaches(server)) return;
        try {
          const answer = act();
          back(() => resolve(answer));
        } catch (error) {
          back(() => reject(error));
        }
      };
      if (this.chance(faults.lost)) return;
      const isLate = this.chance(faults.late);
      const stuck = stuckMs === 0 ? 0 : world.prng.next() * stuckMs;
      world.time.after(isLate ? world.prng.next() * LATE_MS_MAX : this.delay() + stuck, arrive);
    });
  }

  // --- words ---

  publish(server: string, topic: string, message: Json): void {
    const text = JSON.stringify(message);
    for (const { server: to, process, listener } of this.topics.get(topic) ?? []) {
      if (this.chance(this.faults.wordLost)) continue;
      this.world.time.after(this.delay(), () => {
        if (this.reaches(server) && this.reaches(to)) process.enter(() => listener(JSON.parse(text) as Json));
      });
    }
  }

  subscribe(topic: string, subscriber: Subscriber): () => void {
    const subscribers = this.topics.get(topic) ?? new Set();
    subscribers.add(subscriber);
    this.topics.set(topic, subscribers);
    return () => subscribers.delete(subscriber);
  }

  // --- seats ---

  take(shard: string, server: string, seen: number): number | undefined {
    const before = this.seats.get(shard)?.term ?? 0;
    if (before !== seen) return undefined;
    this.#seat(shard, { term: before + 1, server });
    return before + 1;
  }

  release(shard: string, term: number): void {
    const now = this.seats.get(shard);
    if (now?.term === term && now.server !== "") this.#seat(shard, { term, server: "" });
  }

  /** Called with the shard whose seat has changed. */
  watchSeats(watcher: (shard: string) => void): () => void {
    this.#seatWatchers.add(watcher);
    return () => this.#seatWatchers.delete(watcher);
  }

  removeShard(shard: string): void {
    this.world.tell(() => `the shard ${shard} is deleted`);
    this.logs.get(shard)?.remove();
    this.seats.delete(shard);
    this.outputs.delete(shard);
  }

  #seat(shard: string, leadership: Leadership): void {
    this.world.tell(() => `seat of ${shard}: term ${leadership.term}, ${leadership.server || "given back"}`);
    this.seats.set(shard, leadership);
    for (const watcher of this.#seatWatchers) watcher(shard);
  }

  /** It has forgotten its newest changes, as the log has its newest records. */
  seatBack(shard: string, terms: number): void {
    const now = this.seats.get(shard);
    if (now === undefined) return;
    this.#seat(shard, { term: Math.max(0, now.term - terms), server: "" });
  }

  // --- objects ---

  /** One that was whole is cut short. */
  tearObject(name: string): void {
    const kept = this.objects.get(name);
    if (kept === undefined) return;
    this.world.tell(() => `the object ${name} is torn`);
    kept.bytes = Buffer.from(kept.bytes.subarray(0, this.world.prng.int(kept.bytes.length)));
  }

  putObject(name: string, bytes: Buffer): void {
    const isTorn = this.chance(this.faults.torn);
    if (isTorn) this.world.tell(() => `the object ${name} is torn`);
    const kept = isTorn ? bytes.subarray(0, this.world.prng.int(bytes.length + 1)) : bytes;
    this.objects.set(name, { bytes: Buffer.from(kept), at: this.world.time.now });
  }
}
