/** The journal of a cluster over a log in memory; those of the backends run the same beside their adapters. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryLog } from "../../src/cluster/testing.ts";
import { testJournal } from "./journal.ts";
import { openClusterJournal } from "./journal-cluster.ts";

testJournal("a cluster's, replica in memory", () => openClusterJournal(new MemoryLog(), ":memory:"));
testJournal("a cluster's, replica in a file, turns in parts", () => {
  const log = new MemoryLog();
  log.recordBytesMax = 900;
  return openClusterJournal(log, mkdtempSync(join(tmpdir(), "octopus-replica-")));
});
