/** The backend on a real PostgreSQL server, and what happens to it when that is ended, restarted or set up wrongly. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { testBackend } from "../../../test/conformance/cluster-backend.ts";
import { bytes, until } from "../../../test/conformance/cluster-parts.ts";
import { PostgresServer, withoutPostgres } from "../../../test/postgres/server.ts";
import type { ClusterBackend } from "../ports.ts";
import { connectPostgres } from "./backend.ts";

const listen = { host: "127.0.0.1", port: 0 };

testBackend(
  "PostgreSQL",
  async () => {
    const postgres = await PostgresServer.start();
    return {
      connect: (server) => connectPostgres({ url: postgres.url, cluster: "test", server, listen }),
      dispose: () => postgres.stop(),
    };
  },
  { skip: withoutPostgres() },
);

describe("cluster backend on PostgreSQL, when things go wrong", { skip: withoutPostgres() ?? false }, () => {
  let postgres: PostgresServer;
  let backend: ClusterBackend;
  const connect = (
    server: string,
    more: Partial<Parameters<typeof connectPostgres>[0]> = {},
  ): Promise<ClusterBackend> => connectPostgres({ url: postgres.url, cluster: "faults", server, listen, ...more });

  before(async () => {
    postgres = await PostgresServer.start();
    backend = await connect("a");
  });
  after(async () => {
    await backend?.close();
    await postgres?.stop();
  });

  it("an append that has no answer is there once or not at all, and can be repeated until that is known", async () => {
    const { log } = await backend.shard("killed");
    let seq = 0;
    for (let round = 0; round < 3; round++) {
      const killed = (async () => {
        await until("some appends", () => seq > round * 40 + 20);
        await postgres.kill();
        await postgres.up();
      })();
      const end = round * 40 + 60;
      while (seq < end) {
        const record = bytes(`record ${seq}`);
        const answer = await log.append(record, seq).catch(() => undefined);
        if (answer === undefined) continue;
        if (answer === "refused") {
          const there = await until("the record", () => log.get(seq + 1).catch(() => undefined));
          assert.equal(Buffer.compare(there.bytes, record), 0, "nobody else writes here");
        }
        seq++;
      }
      await killed;
    }
    const { last } = await until("an answer", () => log.range().catch(() => undefined));
    assert.equal(last, seq);
    const seen: string[] = [];
    for await (const some of log.read(1)) seen.push(...some.map((one) => new TextDecoder().decode(one.bytes)));
    assert.deepEqual(
      seen,
      Array.from({ length: seq }, (_, n) => `record ${n}`),
    );
  });

  it("words are heard and a log is followed again after the database was away", async () => {
    const other = await connect("b");
    const { log } = await backend.shard("away");
    const stopping = new AbortController();
    const seen: number[] = [];
    const heard: number[] = [];
    const states: boolean[] = [];
    other.bus.onConnected((isConnected) => states.push(isConnected));
    other.bus.subscribe("x", (word) => heard.push(word as number));
    const following = (async () => {
      for await (const some of (await other.shard("away")).log.follow(1, stopping.signal))
        seen.push(...some.map((one) => one.seq));
    })();
    assert.equal(await log.append(bytes("one"), 0), "appended");
    await until("the first", () => seen.length === 1);
    await postgres.kill("SIGINT");
    await until("the loss", () => !other.bus.isConnected);
    await postgres.up();
    await until("the connection", () => other.bus.isConnected && backend.bus.isConnected);
    await until("the second", async () => (await log.append(bytes("two"), 1).catch(() => "")) !== "");
    await until("the second to be read", () => seen.length === 2);
    await until("a word", () => {
      backend.bus.publish("x", 1);
      return heard.length > 0;
    });
    assert.deepEqual(states, [false, true]);
    stopping.abort();
    await following;
    await other.close();
  });

  it("a word that is too long for a notification arrives too", async () => {
    const heard: unknown[] = [];
    const stop = backend.bus.subscribe("long", (word) => heard.push(word));
    const word = { text: "ü".repeat(20_000) };
    backend.bus.publish("long", word);
    await until("the word", () => heard.length > 0);
    assert.deepEqual(heard, [word]);
    stop();
  });

  it("says what its answers survive, and commits to disk where the user's default is not to", async () => {
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query("ALTER ROLE octopus SET synchronous_commit = off");
    const other = await connect("c");
    const { durability, warnings, version } = await other.view();
    assert.match(durability, /power cut/);
    assert.match(version, /^\d+\.\d+/);
    assert.deepEqual(
      warnings.map((words) => words.split(":")[0]),
      ["PostgreSQL has no synchronous standby"],
    );
    await admin.query("ALTER ROLE octopus RESET synchronous_commit");
    await admin.end();
    await other.close();
  });

  it("a stranger who does not know the key gets no stream", async () => {
    const other = await connect("d");
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query(`UPDATE "octopus_faults".value SET value = repeat('00', 32) WHERE name = 'secret/peers'`);
    const stranger = await connect("e");
    other.bus.accept((stream) => stream.end("secret"));
    const stream = stranger.bus.connect("d");
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => stream.on("error", resolve));
    assert.equal(error.code, "ECONNREFUSED");
    await admin.end();
    await stranger.close();
    await other.close();
  });

  it("what is wrong with the address is said with the next step", async () => {
    const { port } = postgres;
    const refused = (url: string): Promise<Error> =>
      connect("f", { url, connectWithinMs: 1 }).then(
        () => assert.fail("it connected"),
        (error: Error) => error,
      );
    assert.match(
      (await refused(`postgres://octopus@127.0.0.1:${port}/none`)).message,
      /"none" does not exist.*createdb/,
    );
    assert.match(
      (await refused(`postgres://nobody@127.0.0.1:${port}/postgres`)).message,
      /role "nobody" does not exist/,
    );
    assert.match((await refused("postgres://octopus@127.0.0.1:1/postgres")).message, /ECONNREFUSED/);
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query("CREATE ROLE guest LOGIN");
    const url = `postgres://guest@127.0.0.1:${port}/postgres`;
    const guest = await connectPostgres({ url, cluster: "other", server: "f", listen }).catch((error: Error) => error);
    assert.match((guest as Error).message, /permission denied.*GRANT CREATE/s);
    await admin.query(`UPDATE "octopus_faults".version SET version = 99`);
    assert.match((await refused(postgres.url)).message, /version 99.*newer Octopus/s);
    await admin.query(`UPDATE "octopus_faults".version SET version = 1`);
    await admin.end();
  });
});
