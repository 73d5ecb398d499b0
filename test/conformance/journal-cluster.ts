/** A cluster's journal as one that the suite of journals can try: a replica that leads a log, whatever that is on. */
import { rmSync } from "node:fs";
import { createClock } from "../../src/root/clock.ts";
import { ClusterJournal } from "../../src/cluster/journal.ts";
import type { ReplicatedLog } from "../../src/cluster/ports.ts";
import { openReplica } from "../../src/store/store.ts";
import type { JournalUnderTest } from "./journal.ts";

const silentLog = { debug() {}, info() {}, warn() {}, error() {} };

/** `log` is empty at first; `dir` a folder for the replica, or `:memory:`. */
export function openClusterJournal(log: ReplicatedLog, dir: string): JournalUnderTest {
  const store = openReplica(dir, { cluster: "test", shard: "default" });
  const { tables, library } = store;
  let drawn = 0;
  const nonce = (): string => `${process.pid}-${Date.now()}-${drawn++}`;
  const journal = new ClusterJournal({ tables, clock: createClock(), log: silentLog, nonce });
  const deposed = (error: Error): void => {
    throw error;
  };
  const term = tables.applied().term + 1;
  journal.lead({ log, term, unknownMs: 10_000, applied: () => {}, deposed }, tables.applied());
  const isFile = dir !== ":memory:";
  return {
    journal,
    library,
    ...(isFile && {
      reopen() {
        store.close();
        return openClusterJournal(log, dir);
      },
    }),
    dispose() {
      store.close();
      if (isFile) rmSync(dir, { recursive: true, force: true });
    },
  };
}
