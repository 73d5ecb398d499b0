/**
 * The ports of `src/cluster/ports.ts` for one simulated server, over the service that all of them share. What it awaits ends
 * with its process: a call of a server that has crashed is never answered.
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import {
  type BackendView,
  type Bus,
  type ClusterBackend,
  type Leadership,
  type LeaderSeat,
  type Objects,
  type ShardBackend,
  type SharedValues,
} from "../../../src/cluster/ports.ts";
import type { Json } from "../../../src/base/words.ts";
import type { SimProcess } from "../process.ts";
import { SimReplicatedLog } from "./log-port.ts";
import { SimOutput } from "./output-port.ts";
import type { Service, Who } from "./service.ts";

/** How soon a broken connection is noticed, at most. */
const NOTICE_MS_MAX = 500;

export class SimBackend implements ClusterBackend {
  readonly server: string;
  readonly bus: SimBus;
  readonly objects: Objects;
  readonly values: SharedValues;
  readonly #service: Service;
  readonly #who: Who;

  constructor(service: Service, server: string, process: SimProcess) {
    this.server = server;
    this.#service = service;
    this.#who = { server, process };
    this.bus = new SimBus(service, this.#who);
    this.objects = new SimObjects(service, this.#who);
    this.values = new SimValues(service, this.#who);
  }

  shard(name: string): Promise<ShardBackend> {
    const log = new SimReplicatedLog(this.#service, this.#who, name);
    const seat = new SimSeat(this.#service, this.#who, name);
    const output = new SimOutput(this.#service, this.#who, name);
    return Promise.resolve({ log, seat, output });
  }

  watchSeats(listener: (shard: string, leadership: Leadership) => void): () => void {
    const service = this.#service;
    const { server, process } = this.#who;
    const told = new Map<string, number>();
    const tell = (shard: string): void => {
      service.world.time.after(service.delay(), () => {
        const now = service.seats.get(shard);
        if (now === undefined || !service.reaches(server)) return;
        const mark = now.term * 2 + Number(now.server === "");
        if (mark <= (told.get(shard) ?? 0)) return;
        told.set(shard, mark);
        process.enter(() => listener(shard, now));
      });
    };
    const all = (): void => [...service.seats.keys()].forEach(tell);
    const stops = [service.watchSeats(tell), service.onLink(server, all)];
    all();
    return () => {
      for (const stop of stops) stop();
    };
  }

  removeShard(name: string): Promise<void> {
    return this.#service.call(this.#who, () => this.#service.removeShard(name));
  }

  view(): Promise<BackendView> {
    const durability = "nothing outlives the simulation";
    return Promise.resolve({ kind: "sim", address: "sim", version: "1", durability, warnings: [] });
  }

  close(): Promise<void> {
    this.bus.close();
    return Promise.resolve();
  }
}

class SimSeat implements LeaderSeat {
  readonly #service: Service;
  readonly #who: Who;
  readonly #shard: string;

  constructor(service: Service, who: Who, shard: string) {
    this.#service = service;
    this.#who = who;
    this.#shard = shard;
  }

  read(): Promise<Leadership | undefined> {
    return this.#service.call(this.#who, () => this.#service.seats.get(this.#shard));
  }

  take(server: string, seen: number): Promise<number | undefined> {
    return this.#service.call(this.#who, () => this.#service.take(this.#shard, server, seen));
  }

  release(term: number): Promise<void> {
    return this.#service.call(this.#who, () => this.#service.release(this.#shard, term));
  }
}

class SimObjects implements Objects {
  readonly #service: Service;
  readonly #who: Who;

  constructor(service: Service, who: Who) {
    this.#service = service;
    this.#who = who;
  }

  async put(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
    await this.#slowly(() => this.#service.putObject(name, Buffer.concat(parts)));
  }

  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const found = await this.#slowly(() => this.#service.objects.get(name));
    return found && inPieces(found.bytes);
  }

  has(name: string): Promise<boolean> {
    return this.#service.call(this.#who, () => this.#service.objects.has(name));
  }

  list(prefix: string): Promise<{ name: string; bytes: number; at: number }[]> {
    return this.#service.call(this.#who, () =>
      [...this.#service.objects]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, { bytes, at }]) => ({ name, bytes: bytes.length, at })),
    );
  }

  remove(name: string): Promise<void> {
    return this.#service.call(this.#who, () => void this.#service.objects.delete(name));
  }

  #slowly<T>(act: () => T): Promise<T> {
    return this.#service.call(this.#who, act, { slowMs: this.#service.faults.objectMsMax });
  }
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const size = 64 * 1024;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

class SimValues implements SharedValues {
  readonly #service: Service;
  readonly #who: Who;

  constructor(service: Service, who: Who) {
    this.#service = service;
    this.#who = who;
  }

  get(name: string): Promise<string | undefined> {
    return this.#call((values) => values.get(name));
  }

  createOnce(name: string, value: string): Promise<string> {
    return this.#call((values) => {
      if (!values.has(name)) values.set(name, value);
      return values.get(name)!;
    });
  }

  set(name: string, value: string): Promise<void> {
    return this.#call((values) => void values.set(name, value));
  }

  remove(name: string): Promise<void> {
    return this.#call((values) => void values.delete(name));
  }

  list(prefix: string): Promise<{ name: string; value: string }[]> {
    return this.#call((values) =>
      [...values].filter(([name]) => name.startsWith(prefix)).map(([name, value]) => ({ name, value })),
    );
  }

  #call<T>(act: (values: Map<string, string>) => T): Promise<T> {
    return this.#service.call(this.#who, () => act(this.#service.values));
  }
}

class SimBus implements Bus {
  readonly #service: Service;
  readonly #who: Who;
  readonly #connected = new Set<(isConnected: boolean) => void>();
  readonly #stop: () => void;
  #isConnected: boolean;

  constructor(service: Service, who: Who) {
    this.#service = service;
    this.#who = who;
    this.#isConnected = service.reaches(who.server);
    this.#stop = service.onLink(who.server, () => {
      const noticeMs = service.world.prng.next() * NOTICE_MS_MAX;
      service.world.time.after(noticeMs, () => who.process.enter(() => this.#look()));
    });
  }

  #look(): void {
    const now = this.#service.reaches(this.#who.server);
    if (now === this.#isConnected) return;
    this.#isConnected = now;
    for (const listener of this.#connected) listener(now);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  onConnected(listener: (isConnected: boolean) => void): () => void {
    this.#connected.add(listener);
    return () => this.#connected.delete(listener);
  }

  publish(topic: string, message: Json): void {
    if (this.#who.process.alive) this.#service.publish(this.#who.server, topic, message);
  }

  subscribe(topic: string, listener: (message: Json) => void): () => void {
    return this.#service.subscribe(topic, { ...this.#who, listener });
  }

  /** Requests are not passed on in a simulation: people and workers find whoever leads by themselves. */
  connect(server: string): Duplex {
    const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    setImmediate(() => stream.destroy(new Error(`no way to ${server}`)));
    return stream;
  }

  accept(): () => void {
    return () => {};
  }

  close(): void {
    this.#stop();
  }
}
