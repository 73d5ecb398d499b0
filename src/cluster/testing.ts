/** What servers share, in the memory of a test: the ports of `ports.ts` with nothing that goes wrong unless a test says so. */
import { Duplex } from "node:stream";
import type { Json } from "../base/words.ts";
import type { LogChunk } from "../protocol/link.ts";
import { type ClusterBackend, type Leadership, LogBehindError, LogGapError, type ReplicatedLog } from "./ports.ts";

/** Records of one answer. */
const PAGE = 500;

export class MemoryLog implements ReplicatedLog {
  first = 1;
  records: Uint8Array[] = [];
  recordBytesMax = 1_000_000;
  /** Called before an append; what it throws or answers is the answer. `store` puts the record where it belongs. */
  onAppend: ((store: () => "appended" | "refused") => Promise<"appended" | "refused">) | undefined;
  readonly #listeners = new Set<() => void>();

  get last(): number {
    return this.first + this.records.length - 1;
  }

  range = async () => ({ first: this.first, last: this.last });

  async append(record: Uint8Array, after: number): Promise<"appended" | "refused"> {
    const bytes = Uint8Array.from(record);
    const store = (): "appended" | "refused" => {
      if (after !== this.last) return "refused";
      this.records.push(bytes);
      this.changed();
      return "appended";
    };
    return this.onAppend === undefined ? store() : this.onAppend(store);
  }

  async get(seq: number) {
    const bytes = this.records[seq - this.first];
    return bytes && { seq, bytes };
  }

  async *read(from: number) {
    if (from < this.first) throw new LogGapError(this.first);
    if (this.last < from - 1) throw new LogBehindError(this.last);
    const { last } = this;
    for (let next = from; next <= last; next += PAGE) yield this.#page(next);
  }

  async *follow(from: number, signal: AbortSignal) {
    for (let next = from; !signal.aborted;) {
      if (next < this.first) throw new LogGapError(this.first);
      if (this.last < next - 1) throw new LogBehindError(this.last);
      const page = this.#page(next);
      if (page.length > 0) yield page;
      else await this.#change(signal);
      next += page.length;
    }
  }

  async trim(first: number): Promise<void> {
    const gone = Math.min(first, this.last) - this.first;
    if (gone <= 0) return;
    this.records.splice(0, gone);
    this.first += gone;
  }

  /** The newest records were never there. */
  goBackTo(last: number): void {
    this.records.length = last - this.first + 1;
    this.changed();
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #page(from: number) {
    const at = from - this.first;
    return this.records.slice(at, at + PAGE).map((bytes, index) => ({ seq: from + index, bytes }));
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#listeners.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      this.#listeners.add(end);
      signal.addEventListener("abort", end);
    });
  }
}

/** What one shard has. */
class MemoryShard {
  readonly log = new MemoryLog();
  seat: Leadership | undefined;
  readonly output: LogChunk[][] = [];
  readonly outputs = new Set<() => void>();
}

const DEFAULT = "default";

export class MemoryShared {
  readonly shards = new Map<string, MemoryShard>([[DEFAULT, new MemoryShard()]]);
  readonly objects = new Map<string, Buffer>();
  readonly values = new Map<string, string>();
  readonly topics = new Map<string, Set<{ server: string; listener: (word: Json) => void }>>();
  readonly #watchers = new Set<(shard: string, seat: Leadership) => void>();
  /** Servers whose words do not get through. */
  readonly silent = new Set<string>();
  /** Objects can neither be written nor read. */
  noObjects = false;
  /** Servers whose calls are never answered. */
  readonly cut = new Set<string>();
  /** Servers that are told that they hear nothing. */
  readonly #deaf = new Set<string>();
  readonly #links = new Map<string, Set<(isConnected: boolean) => void>>();
  #isWatched = true;

  /** Of the shard that most tests have. */
  get log(): MemoryLog {
    return this.shards.get(DEFAULT)!.log;
  }

  get seat(): Leadership | undefined {
    return this.shards.get(DEFAULT)!.seat;
  }

  set seat(seat: Leadership | undefined) {
    this.shards.get(DEFAULT)!.seat = seat;
  }

  get output(): LogChunk[][] {
    return this.shards.get(DEFAULT)!.output;
  }

  server(name: string): ClusterBackend {
    return {
      server: name,
      ...{ bus: this.#bus(name), objects: this.#over(name, this.#objects()), values: this.#over(name, this.#values()) },
      shard: async (shard) => ({
        log: this.#over(name, this.#shard(shard).log),
        seat: this.#over(name, this.#seat(shard)),
        output: this.#output(shard),
      }),
      watchSeats: (listener) => {
        this.#watchers.add(listener);
        if (this.#isWatched) for (const [shard, { seat }] of this.shards) if (seat) setImmediate(listener, shard, seat);
        return () => this.#watchers.delete(listener);
      },
      removeShard: async (shard) => {
        this.shards.delete(shard);
      },
      view: async () => ({ kind: "sim", address: "memory", version: "1", durability: "none", warnings: [] }),
      close: async () => {},
    };
  }

  /** Calls of a server that is cut off fail. */
  #over<T extends object>(name: string, target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (this.cut.has(name)) throw new Error(`${name} is cut off`);
          return Reflect.apply(value, object, args);
        };
      },
    });
  }

  /** The bus of the server tells it that it is cut off, or is so no more. */
  connect(server: string, isConnected: boolean): void {
    if (isConnected) this.#deaf.delete(server);
    else this.#deaf.add(server);
    for (const listener of this.#links.get(server) ?? []) listener(isConnected);
  }

  /** Nobody hears of the seat until the answer is called. */
  unwatch(): () => void {
    this.#isWatched = false;
    return () => (this.#isWatched = true);
  }

  #shard(name: string): MemoryShard {
    const shard = this.shards.get(name) ?? new MemoryShard();
    this.shards.set(name, shard);
    return shard;
  }

  #change(name: string, shard: MemoryShard, seat: Leadership): void {
    shard.seat = seat;
    if (this.#isWatched) for (const watcher of this.#watchers) setImmediate(watcher, name, seat);
  }

  #seat(name: string) {
    const shard = this.#shard(name);
    return {
      read: async () => {
        if (!this.#isWatched) throw new Error("the seat cannot be read now");
        return shard.seat;
      },
      take: async (server: string, seen: number) => {
        if ((shard.seat?.term ?? 0) !== seen) return undefined;
        this.#change(name, shard, { term: seen + 1, server });
        return seen + 1;
      },
      release: async (term: number) => {
        if (shard.seat?.term === term) this.#change(name, shard, { term, server: "" });
      },
    };
  }

  #bus(server: string) {
    const links = this.#links.get(server) ?? new Set();
    this.#links.set(server, links);
    const isConnected = (): boolean => !this.#deaf.has(server);
    return {
      get isConnected() {
        return isConnected();
      },
      onConnected: (listener: (isConnected: boolean) => void) => {
        links.add(listener);
        return () => links.delete(listener);
      },
      publish: (topic: string, word: Json) => {
        const text = JSON.stringify(word);
        for (const { server: to, listener } of this.topics.get(topic) ?? [])
          if (!this.silent.has(server) && !this.silent.has(to)) setImmediate(() => listener(JSON.parse(text) as Json));
      },
      subscribe: (topic: string, listener: (word: Json) => void) => {
        const subscribers = this.topics.get(topic) ?? new Set();
        this.topics.set(topic, subscribers);
        const own = { server, listener };
        subscribers.add(own);
        return () => subscribers.delete(own);
      },
      connect: () => new Duplex(),
      accept: () => () => {},
    };
  }

  #objects() {
    const { objects } = this;
    return {
      put: async (name: string, chunks: AsyncIterable<Uint8Array>) => {
        if (this.noObjects) throw new Error("no room for objects");
        const all: Uint8Array[] = [];
        for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
        objects.set(name, Buffer.concat(all));
      },
      get: async (name: string) => {
        const bytes = objects.get(name);
        return bytes && inPieces(bytes);
      },
      has: async (name: string) => objects.has(name),
      list: async (prefix: string) =>
        [...objects]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, bytes]) => ({ name, bytes: bytes.length, at: 0 })),
      remove: async (name: string) => void objects.delete(name),
    };
  }

  #values() {
    const { values } = this;
    return {
      get: async (name: string) => values.get(name),
      createOnce: async (name: string, value: string) => {
        if (!values.has(name)) values.set(name, value);
        return values.get(name)!;
      },
      set: async (name: string, value: string) => void values.set(name, value),
      remove: async (name: string) => void values.delete(name),
      list: async (prefix: string) =>
        [...values].filter(([name]) => name.startsWith(prefix)).map(([name, value]) => ({ name, value })),
    };
  }

  #output(name: string) {
    const { output, outputs } = this.#shard(name);
    return {
      publish: (chunks: readonly LogChunk[]) => {
        output.push(structuredClone([...chunks]));
        for (const listener of outputs) setImmediate(listener);
      },
      flush: async () => {},
      follow: (position: string | undefined, listener: (chunks: readonly LogChunk[], position: string) => void) => {
        let next = Number(position ?? 0);
        const look = (): void => {
          while (next < output.length && outputs.has(look)) listener(output[next++]!, String(next));
        };
        outputs.add(look);
        setImmediate(look);
        return () => outputs.delete(look);
      },
    };
  }
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
