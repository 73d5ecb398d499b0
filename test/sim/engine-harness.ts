/** An engine on a real store in memory and the machine's clock, for tests that need no simulated time. */
import { createClock } from "../../src/clock.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Log } from "../../src/engine/ports.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import { openStore, type Store } from "../../src/store/store.ts";

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestEngine extends AsyncDisposable {
  engine: Engine;
  store: Store;
}

export function createTestEngine(dir = ":memory:"): TestEngine {
  const store = openStore(dir);
  const { journal, library, logs, artifacts } = store;
  const engine = new Engine({
    ...{ journal, library, logs, artifacts, clock: createClock(), log: SILENT, version: "test", dataDir: dir, boot: "1" },
    leaseMs: 30_000,
    heartbeatMs: 5000,
    resultBytesMax: 1000,
    defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
    retention: { keepCount: 1_000_000, keepMs: 1e12, logKeepMs: 1e12, logBytesMax: 1e9 },
  });
  return {
    engine,
    store,
    async [Symbol.asyncDispose]() {
      await engine.close();
      store.close();
    },
  };
}

export function shell(more: Partial<TaskSpec> = {}): TaskSpec {
  return { type: "shell", kind: "shell", work: { kind: "shell", shell: { command: "true" } }, ...more };
}
