/** Appends with lost calls, lost answers and no answers at all; and a crash at each step of a turn. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { countOf, leaderOf, startServer, stopAll, submit, type TestServer, until } from "../../test/cluster/servers.ts";
import { shell } from "../../test/sim/engine-harness.ts";
import { createClock } from "../root/clock.ts";
import { openReplica } from "../store/store.ts";
import { decode, encode } from "./record.ts";
import { Replica } from "./replica.ts";
import { MemoryShared } from "./testing.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

async function startOne(dir = ":memory:"): Promise<{ shared: MemoryShared; server: TestServer }> {
  const shared = new MemoryShared();
  const server = await startServer(shared.server("a"), { dir });
  await leaderOf([server]);
  // What a server that has just begun does by itself is over.
  await submit([server]);
  return { shared, server };
}

const turnsOf = ({ log }: MemoryShared): string[] =>
  log.records.map((bytes) => decode(bytes)).flatMap((record) => (record.kind === "turn" ? [record.nonce] : []));

test("a call that is lost, an answer that is lost, and a call that comes late make one record each", async () => {
  const { shared, server } = await startOne();
  try {
    const before = shared.log.last;
    let tries = 0;
    shared.log.onAppend = async (store) => {
      tries++;
      // Lost on its way, then its answer.
      if (tries === 1) throw new Error("lost");
      if (tries > 2) return store();
      store();
      throw new Error("no answer");
    };
    await server.engine.submit([shell()], undefined);
    assert.equal(shared.log.last, before + 1);
    let late: (() => unknown) | undefined;
    shared.log.onAppend = async (store) => {
      if (late !== undefined) return store();
      late = store;
      throw new Error("under way");
    };
    await server.engine.submit([shell()], undefined);
    assert.equal(late!(), "refused");
    assert.equal(shared.log.last, before + 2);
    assert.equal(new Set(turnsOf(shared)).size, turnsOf(shared).length);
    assert.equal(countOf(server), 3);
  } finally {
    shared.log.onAppend = undefined;
    await stopAll([server]);
  }
});

test("what is in doubt is not sent after another record than the one that it names", async () => {
  const { shared, server } = await startOne();
  try {
    const { last } = shared.log;
    let tries = 0;
    shared.log.onAppend = async (store) => {
      if (++tries > 1) return store();
      // The call is lost, and the log loses its newest record; what a leader of the past had on its way has its number now.
      const head = { kind: "began", term: 1, nonce: "old", chain: "of another history" } as const;
      shared.log.records[shared.log.records.length - 1] = encode({ ...head, at: Date.now(), server: "old" });
      throw new Error("lost");
    };
    await assert.rejects(server.engine.submit([shell()], undefined), { code: "outcome_unknown" });
    assert.deepEqual([tries, shared.log.last], [1, last]);
  } finally {
    shared.log.onAppend = undefined;
    await stopAll([server]);
  }
});

test("what a leader writes that slept through another's term is not acknowledged, though the log that lost that term takes it", async () => {
  const shared = new MemoryShared();
  const settings = { aloneMs: 600_000 };
  const old = await startServer(shared.server("a"), { settings });
  const other = await startServer(shared.server("b"), { settings });
  try {
    const first = await submit([old, other]);
    const second = first === old ? other : old;
    const { last } = shared.log;
    await until("the other has it", () => second.shard.position().seq === last);
    shared.silent.add(first.name);
    shared.connect(first.name, false);
    const unseat = shared.unwatch();
    await until("the other leads", () => second.shard.role === "leader");
    assert.equal(first.shard.role, "leader");
    // The record that begins the term of the other is lost, and the seat is where it was.
    shared.log.goBackTo(last);
    unseat();
    await assert.rejects(first.engine.submit([shell()], undefined), { code: "outcome_unknown" });
    await until("it follows", () => first.shard.role === "follower");
    shared.silent.clear();
    shared.connect(first.name, true);
    await submit([first, second]);
  } finally {
    await stopAll([old, other]);
  }
});

test("a turn that is refused never happened", async () => {
  const { shared, server } = await startOne();
  try {
    shared.log.onAppend = async () => "refused";
    await assert.rejects(server.engine.submit([shell()], undefined), { code: "not_leader", retryable: true });
    assert.equal(server.store.library.stateOf(2), undefined);
    shared.log.onAppend = undefined;
    await submit([server]);
    assert.equal(countOf(server), 2);
  } finally {
    await stopAll([server]);
  }
});

test("a turn whose outcome stays in doubt is settled by the next term, whichever way it went", async () => {
  const { shared, server } = await startOne();
  try {
    for (const arrives of [true, false]) {
      const count = countOf(server);
      shared.log.onAppend = async (store) => {
        if (arrives) store();
        return new Promise(() => {});
      };
      await assert.rejects(server.engine.submit([shell()], undefined), { code: "outcome_unknown", retryable: true });
      assert.deepEqual([server.shard.role, server.engine.role], ["follower", "follower"]);
      shared.log.onAppend = undefined;
      await leaderOf([server]);
      assert.equal(countOf(server), count + (arrives ? 1 : 0));
      await submit([server]);
      assert.equal(countOf(server), count + (arrives ? 2 : 1));
    }
  } finally {
    await stopAll([server]);
  }
});

test("a turn in parts counts when all are there; a beginning without an end counts for nothing", async () => {
  const { shared, server } = await startOne();
  const other = await startServer(shared.server("b"));
  try {
    shared.log.recordBytesMax = 2000;
    const many = Array.from({ length: 300 }, () =>
      shell({ work: { kind: "shell", shell: { command: randomUUID() } } }),
    );
    await server.engine.submit(many, undefined);
    assert.ok(shared.log.records.some((bytes) => decode(bytes).kind === "part"));
    await until("the other has it", () => countOf(other) === 301);
    let sent = 0;
    shared.log.onAppend = async (store) => (++sent === 2 ? "refused" : store());
    const leader = await leaderOf([server, other]);
    await assert.rejects(leader.engine.submit(many, undefined), { code: "not_leader" });
    shared.log.onAppend = undefined;
    await submit([server, other]);
    for (const each of [server, other]) await until("both have it", () => countOf(each) === 302);
  } finally {
    await stopAll([server, other]);
  }
});

test("a server that is killed at any step of a turn has what the log has, no more and no less", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-steps-"));
  const dir = join(folder, "own");
  const { shared, server } = await startOne(dir);
  // As a kill leaves them: what was written to files stays, what was not is gone.
  const photos: string[] = [];
  const photo = (name: string): void => {
    const to = join(folder, name);
    cpSync(dir, to, { recursive: true });
    rmSync(join(to, "octopus.lock"));
    photos.push(name);
  };
  try {
    shared.log.onAppend = async (store) => {
      photo("written, not sent");
      const answer = store();
      photo("in the log, not committed");
      return answer;
    };
    await server.engine.submit([shell()], undefined);
    photo("committed");
    shared.log.onAppend = async (store) => {
      photo("sent, in doubt");
      store();
      return new Promise(() => {});
    };
    const doubt = server.engine.submit([shell()], undefined);
    await assert.rejects(doubt, { code: "outcome_unknown" });
    photo("rolled back, not followed");
    shared.log.onAppend = undefined;
    await until("it leads again", () => server.shard.role === "leader");
    await submit([server]);
    photo("led again");
    for (const name of photos) {
      const store = openReplica(join(folder, name), { cluster: "test", shard: "default" });
      const engine = { follow() {} };
      const replica = new Replica({ tables: store.tables, engine, clock: createClock(), words: SILENT });
      assert.equal(await replica.standing(shared.log), "fits", name);
      assert.deepEqual(await replica.catchUp(shared.log), { why: "end" });
      assert.equal(store.library.tasks({ limit: 100 }).items.length, 4, name);
      assert.deepEqual(replica.position, server.shard.position(), name);
      store.close();
    }
  } finally {
    await stopAll([server]);
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a copy that is made while a turn is in doubt holds nothing of it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-copy-"));
  const { shared, server } = await startOne(join(folder, "own"));
  try {
    let sent = false;
    shared.log.onAppend = async () => {
      sent = true;
      return new Promise(() => {});
    };
    const doubt = server.engine.submit([shell()], undefined);
    doubt.catch(() => {});
    await until("it is under way", () => sent);
    const file = join(folder, "copy.db");
    await server.store.backup(file);
    const copy = await server.store.tables.copy();
    copy.dispose();
    assert.equal(copy.position.seq, shared.log.last);
    await assert.rejects(doubt, { code: "outcome_unknown" });
  } finally {
    shared.log.onAppend = undefined;
    await stopAll([server]);
    rmSync(folder, { recursive: true, force: true });
  }
});
