/**
 * Where a worker meets its server over NATS: the connection of its process, and the word of who leads.
 *
 * NP1  Whoever uses the connection is told when it is lost, before anything is sent on the next one: a session never goes on
 *      over a gap.
 */
import { addressesOf, connectTo } from "../../nats/connect.ts";
import type { LeaderWord } from "../../nats/opening.ts";
import { type Msg, type NatsConnection, publish, type Publication } from "../../nats/publish.ts";
import type { NatsSettings } from "../../nats/settings.ts";
import { Subjects } from "../../nats/subjects.ts";
import { OctopusError } from "../../base/errors.ts";
import type { Reached } from "../link.ts";

/** A connection that was lost may need as long to come back before its absence is told of. */
const BACK_MS = 3000;
const FLUSH_MS = 1000;

export interface NatsPlaceOptions {
  nats: NatsSettings;
  cluster: string;
  shard: string;
  /** Name of the worker. */
  name: string;
}

export class NatsPlace implements Reached {
  readonly addresses = 1;
  readonly url: string;
  readonly name: string;
  readonly subjects: Subjects;
  readonly #options: NatsPlaceOptions;
  #connection: NatsConnection | undefined;
  #isUp = false;
  #lost = new Set<() => void>();
  #back = new Set<() => void>();
  /** Told of each word of who leads. */
  onLeader: ((word: LeaderWord) => void) | undefined;

  constructor(options: NatsPlaceOptions) {
    const { nats, cluster, shard, name } = options;
    this.#options = options;
    this.name = name;
    this.url = `${addressesOf(nats)} (cluster ${cluster})`;
    this.subjects = new Subjects(cluster, shard);
  }

  prepare(): Promise<void> | undefined {
    if (this.#connection === undefined || this.#connection.isClosed()) return this.#connect();
    return this.#isUp ? undefined : this.#untilBack();
  }

  next(): boolean {
    return true;
  }

  get payloadMax(): number {
    return this.#connection?.info?.max_payload ?? 1024 * 1024;
  }

  /** Until the answer is called; `lost` when the connection is. */
  listen(subject: string, heard: (message: Msg) => void, lost: () => void): () => void {
    const subscription = this.#connection!.subscribe(subject, {
      callback: (error, message) => (error === null ? heard(message) : lost()),
    });
    this.#lost.add(lost);
    return () => {
      this.#lost.delete(lost);
      if (!subscription.isClosed()) subscription.unsubscribe();
    };
  }

  publish(publication: Publication): void {
    if (this.#isUp) publish(this.#connection!, publication);
  }

  /** What was said is out, or could not be brought out in time. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) return;
    const isOut = this.#isUp ? connection.flush().catch(() => undefined) : undefined;
    await Promise.race([isOut, new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref())]);
    await connection.close();
  }

  async #connect(): Promise<void> {
    const { nats, cluster, name } = this.#options;
    const connection = await connectTo(nats, `octopus ${cluster} worker ${name}`);
    this.#connection = connection;
    this.#isUp = true;
    connection.subscribe(this.subjects.leader(), { callback: (_error, message) => this.#led(message) });
    void this.#watch(connection);
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") {
        this.#isUp = false;
        for (const tell of [...this.#lost]) tell();
      } else if (type === "reconnect") {
        this.#isUp = true;
        for (const tell of [...this.#back]) tell();
      }
    }
    this.#isUp = false;
    for (const tell of [...this.#lost]) tell();
  }

  #untilBack(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#back.delete(back);
        settle();
      };
      const back = (): void => end(resolve);
      this.#back.add(back);
      const words = `the connection to NATS at ${addressesOf(this.#options.nats)} is lost; it is made again`;
      const error = new OctopusError("unreachable", words, { retryable: true });
      const timer = setTimeout(() => end(() => reject(error)), BACK_MS);
    });
  }

  #led(message: Msg): void {
    try {
      this.onLeader?.(message.json<LeaderWord>());
    } catch {
      // Not a word of ours.
    }
  }
}
