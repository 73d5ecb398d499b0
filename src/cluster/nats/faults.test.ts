/** What the backend does while NATS servers die and come back: three real ones, killed and started by their pids. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { until } from "../../../test/conformance/cluster-parts.ts";
import { NatsCluster } from "../../../test/nats/cluster.ts";
import { withoutNats } from "../../../test/nats/server.ts";
import type { LogRecord, ReplicatedLog } from "../ports.ts";
import { type NatsBackend, connectNats } from "./backend.ts";
import { SUITE_MS_MAX } from "../../../test/machine.ts";

const textOf = ({ bytes }: LogRecord): string => new TextDecoder().decode(bytes);

/** Appends until it is told to stop, and resolves each outcome that it does not know, as a leader does. */
class Writer {
  readonly acknowledged: string[] = [];
  unknown = 0;
  #isStopped = false;
  readonly #log: ReplicatedLog;
  readonly #running: Promise<void>;

  constructor(log: ReplicatedLog, from: number) {
    this.#log = log;
    this.#running = this.#run(from);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(from: number): Promise<void> {
    for (let after = from; !this.#isStopped; after++) {
      const text = `record ${after + 1} ${Math.random()}`;
      await this.#resolve(new TextEncoder().encode(text), after);
      this.acknowledged.push(text);
    }
  }

  /** The very same bytes, until it is known what became of them. */
  async #resolve(bytes: Uint8Array, after: number): Promise<void> {
    for (let isUnknown = false; ; isUnknown = true) {
      const answer = await this.#log.append(bytes, after).catch(() => "unknown");
      if (answer === "appended") return;
      if (answer === "refused") {
        assert.ok(isUnknown, `record ${after + 1} was refused, and nobody else writes`);
        const there = await until("the record", () => this.#log.get(after + 1).catch(() => undefined));
        assert.ok(Buffer.compare(there.bytes, bytes) === 0, "another record is there");
        return;
      }
      this.unknown++;
    }
  }
}

describe("faults of NATS", { skip: withoutNats() ?? false, timeout: SUITE_MS_MAX }, () => {
  let nats: NatsCluster;
  let a: NatsBackend;
  let b: NatsBackend;
  const open = (server: string): Promise<NatsBackend> =>
    connectNats({ servers: nats.addresses, cluster: "test", server, replicas: 3, connectWithinMs: 60_000 });

  before(async () => {
    nats = await NatsCluster.start();
    [a, b] = await Promise.all([open("a"), open("b")]);
  });
  after(async () => {
    await a?.close();
    await b?.close();
    await nats?.stop();
  });

  test("the leader of the stream is killed while records are on their way, and then two of three are", async () => {
    const { log } = await a.shard("default");
    const { log: other } = await b.shard("default");
    const seen: LogRecord[] = [];
    const stopping = new AbortController();
    const following = (async () => {
      for await (const some of other.follow(1, stopping.signal)) seen.push(...some);
    })();
    const writer = new Writer(log, 0);
    await until("some records", () => writer.acknowledged.length > 50);
    const leader = await nats.leaderOf("OCTOPUS_test_default");
    await leader.kill();
    const before = writer.acknowledged.length;
    await until("records again", () => writer.acknowledged.length > before + 50);
    await leader.up();
    await nats.ready();
    // Without a majority nothing is acknowledged.
    const down = nats.nodes.slice(0, 2);
    await Promise.all(down.map((node) => node.kill()));
    const stuck = writer.acknowledged.length;
    await until("a try that failed", () => writer.unknown > 0);
    assert.ok(writer.acknowledged.length <= stuck + 1, "a record was acknowledged by one of three");
    await Promise.all(down.map((node) => node.up()));
    const back = writer.acknowledged.length;
    await until("records after that", () => writer.acknowledged.length > back + 50);
    await writer.stop();
    await until("all of it at the other server", () => seen.length >= writer.acknowledged.length);
    stopping.abort();
    await following;
    // Each once, in order, at both: what is in the log and what was told are the same.
    assert.deepEqual(seen.map(textOf), writer.acknowledged);
    const all: LogRecord[] = [];
    for await (const some of log.read(1)) all.push(...some);
    assert.deepEqual(all.map(textOf), writer.acknowledged);
  });

  test("of a thousand records with a number that is old not one is taken", async () => {
    const { log } = await a.shard("fence");
    const { log: other } = await b.shard("fence");
    let last = 0;
    let stale = 0;
    for (let round = 0; round < 50; round++) {
      assert.equal(await log.append(Buffer.from(`a${round}`), last), "appended");
      last++;
      const old = Math.max(0, last - 1 - (round % 5));
      for (let tries = 0; tries < 20; tries++) {
        if ((await other.append(Buffer.from(`stale ${round}`), old)) === "appended") stale++;
      }
    }
    assert.equal(stale, 0);
    assert.deepEqual(await log.range(), { first: 1, last: 50 });
  });

  test("a seat is taken once, and words and streams go on, while a NATS server is killed", async () => {
    const { seat } = await a.shard("default");
    const { seat: other } = await b.shard("default");
    const words: unknown[] = [];
    b.bus.subscribe("t", (word) => words.push(word));
    const stop = b.bus.accept((stream) => stream.on("error", () => {}).pipe(stream));
    const stream = a.bus.connect("b");
    stream.on("error", () => {});
    stream.write("hello");
    await once(stream, "data");
    const leader = await nats.leaderOf("KV_octopus_test");
    await leader.kill();
    const terms = await Promise.all([
      until("a taking", () =>
        seat.take("a", 0).then(
          (term) => term ?? 0,
          () => undefined,
        ),
      ),
      until("another", () =>
        other.take("b", 0).then(
          (term) => term ?? 0,
          () => undefined,
        ),
      ),
    ]);
    // Who was refused after an answer that it never got may have been first all the same: then nobody else was.
    assert.equal(terms.filter((term) => term > 0).length, 1, terms.join(" "));
    const now = await until("the seat", () => seat.read().catch(() => undefined));
    assert.equal(now.term, Math.max(...terms));
    await until("a word", () => {
      a.bus.publish("t", 1);
      return words.length > 0;
    });
    await until("a stream", async () => {
      const again = a.bus.connect("b");
      again.on("error", () => {});
      again.end("again");
      return once(again, "data").then(
        () => true,
        () => false,
      );
    });
    stop();
    await leader.up();
    await nats.ready();
  });
});
