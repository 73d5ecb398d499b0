/** How tables stand to a log that is not the one from which they were made. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../root/clock.ts";
import { openReplica } from "../store/store.ts";
import { chainOf, encode } from "./record.ts";
import { Replica } from "./replica.ts";
import { MemoryLog } from "./testing.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A log of four terms, and a replica that stands at record `seq`, with that record's hash or another one. */
async function withReplica(
  seq: number,
  chain: string | undefined,
  work: (replica: Replica, log: MemoryLog) => Promise<void>,
): Promise<void> {
  const log = new MemoryLog();
  const chains = [""];
  for (let term = 1; term <= 4; term++) {
    const bytes = encode({ kind: "began", term, nonce: `n${term}`, chain: chains.at(-1)!, at: 1, server: "a" });
    await log.append(bytes, term - 1);
    chains.push(chainOf(bytes));
  }
  const { tables, close } = openReplica(":memory:", { cluster: "test", shard: "default" });
  tables.apply([], { seq, chain: chain ?? chains[seq]!, term: 1, epoch: 0 });
  try {
    await work(new Replica({ tables, clock: createClock(), words: SILENT, engine: { follow() {} } }), log);
  } finally {
    close();
  }
}

test("tables whose own record was trimmed are told by the next one whether they are of this log", async () => {
  for (const [chain, standing] of [
    [undefined, "fits"],
    ["of another history", "diverged"],
  ] as const) {
    await withReplica(2, chain, async (replica, log) => {
      await log.trim(3);
      assert.equal(await replica.standing(log), standing);
      assert.equal((await replica.catchUp(log)).why, standing === "fits" ? "end" : standing);
    });
  }
});

test("a record that nobody of the cluster wrote is passed over where the log holds what was read before it", async () => {
  const text = Buffer.from("hello");
  await withReplica(4, undefined, async (replica, log) => {
    await log.append(text, 4);
    assert.equal((await replica.catchUp(log)).why, "end");
    assert.deepEqual(replica.end, { seq: 5, chain: chainOf(text) });
  });
  await withReplica(4, "of another history", async (replica, log) => {
    await log.append(text, 4);
    assert.equal((await replica.catchUp(log)).why, "diverged");
  });
});
