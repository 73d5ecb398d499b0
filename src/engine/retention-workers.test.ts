/** Workers that are long gone: on a real database, with a clock that the test moves. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connectWorker } from "../../test/sim/engine-harness.ts";
import { HandClock } from "../../test/sim/hand-clock.ts";
import { createOutside } from "../root/outside.ts";
import { openStore } from "../store/store.ts";
import { Engine } from "./engine.ts";

const START = Date.parse("2026-06-01T00:00:00Z");
const DAY = 86_400_000;
const NOTHING = { debug() {}, info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "octopus-retention-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function start(at: number) {
  const clock = new HandClock(at);
  const store = openStore(folder);
  const { journal, library, logs, artifacts } = store;
  const engine = new Engine({
    ...{ journal, library, logs, artifacts, clock, log: NOTHING, version: "test", dataDir: folder, boot: `${at}` },
    ...{ leaseMs: 30_000, heartbeatMs: 5000, resultBytesMax: 1000 },
    outside: createOutside({ zone: "UTC", now: clock.now }),
    defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
    retention: { keepCount: 1e6, keepMs: 1e15, logKeepMs: 1e15, logBytesMax: 1e9, workersKeepMs: 7 * DAY },
  });
  const names = (): string[] => engine.fleet.workers().map(({ name }) => name);
  const close = async (): Promise<void> => {
    const closed = engine.close();
    await clock.settle();
    await closed;
    store.close();
  };
  return { clock, engine, names, close };
}

test("workers that were gone for years stayed on the list", async () => {
  const one = start(START);
  const { engine, clock } = one;
  for (const name of ["gone", "drained", "trusted"]) {
    const worker = connectWorker(engine, 1, { name });
    await clock.settle();
    worker.send({ type: "goodbye" });
    await clock.settle();
  }
  const said = Promise.all([engine.fleet.drain("drained"), engine.access.trustKey("trusted", "k", "anna")]);
  await clock.settle();
  await said;
  await clock.jumpTo(START + 7 * DAY - 60_000);
  connectWorker(engine, 1, { name: "late" });
  await clock.settle();
  assert.deepEqual(one.names().toSorted(), ["drained", "gone", "late", "trusted"]);
  await clock.goTo(START + 7 * DAY + 120_000);
  assert.deepEqual(one.names().toSorted(), ["drained", "late", "trusted"]);
  await one.close();
  // Replay and the tables say the same.
  const two = start(START + 8 * DAY);
  assert.deepEqual(two.names().toSorted(), ["drained", "late", "trusted"]);
  assert.equal(two.engine.fleet.worker("drained")?.held, true);
  await two.close();
});
