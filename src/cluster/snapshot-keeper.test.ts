/** What of a log is let go of when a snapshot was made. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../root/clock.ts";
import { openReplica } from "../store/store.ts";
import { Members } from "./members.ts";
import { chainOf, encode } from "./record.ts";
import { Replica } from "./replica.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import { MemoryShared } from "./testing.ts";

const SHARD = "default";
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A log of so many records, tables that have applied them, and the keeper of a server that has them. */
async function withKeeper(
  records: number,
  work: (keeper: SnapshotKeeper, log: MemoryShared["log"], chain: string) => Promise<void>,
): Promise<void> {
  const shared = new MemoryShared();
  const { log } = shared;
  let chain = "";
  for (let term = 1; term <= records; term++) {
    const bytes = encode({ kind: "began", term, nonce: `a-${term}`, chain, at: 1, server: "a" });
    await log.append(bytes, term - 1);
    chain = chainOf(bytes);
  }
  const { tables, close } = openReplica(":memory:", { cluster: "test", shard: SHARD });
  tables.apply([], { seq: records, chain, term: records, epoch: 0 });
  const clock = createClock();
  const replica = new Replica({ tables, clock, words: SILENT, engine: { follow() {} } });
  const backend = shared.server("a");
  const { objects } = backend;
  const members = new Members({ backend, clock, log: SILENT, version: "test" });
  const keeper = (server: string): SnapshotKeeper =>
    new SnapshotKeeper({
      ...{ shard: SHARD, server, objects, tables, clock, version: "test", log, replica, members, words: SILENT },
      ...{ role: () => "follower", leader: () => "", settled: async () => {}, bytes: () => 0 },
      ...{ everyRecords: 100, everyBytes: 1e9 },
    });
  const [one, other] = [keeper("one"), keeper("other")];
  try {
    await other.make();
    await work(one, log, chain);
  } finally {
    await one.close();
    await other.close();
    await members.close();
    close();
  }
}

test("a log is trimmed below the second newest snapshot", async () => {
  await withKeeper(8, async (keeper, log) => {
    await keeper.make();
    assert.equal(log.first, 8);
  });
});

test("a server that has not heard of a repair does not trim the repair away", async () => {
  await withKeeper(8, async (keeper, log, chain) => {
    // Its end went back, and another server has put there what all had applied, above the numbers that were in use.
    log.goBackTo(4);
    const head = { kind: "base", term: 9, nonce: "b-1", chain: chainOf(log.records[3]!) } as const;
    const of = { seq: 8, chain };
    await log.append(encode({ ...head, at: 2, server: "b", snapshot: "of b", of, reason: "repaired" }), 4);
    for (let after = 5; after < 10; after++) {
      const before = chainOf(log.records.at(-1)!);
      await log.append(encode({ kind: "filler", term: 9, nonce: `b-${after}`, chain: before }), after);
    }
    await keeper.make();
    assert.ok(log.first <= 5, `the log begins with record ${log.first}, and record 5 is what everybody goes on from`);
  });
});
