/** An engine on a real store in memory and the machine's clock, for tests that need no simulated time. */
import { createClock } from "../../src/root/clock.ts";
import { Engine } from "../../src/engine/engine.ts";
import {
  type Assignment,
  type AttemptReport,
  type FromWorker,
  type Hello,
  LINK_VERSION,
  type ToWorker,
} from "../../src/protocol/link.ts";
import type { Journal, Log } from "../../src/engine/ports.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { outside } from "./outside.ts";

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestEngine extends AsyncDisposable {
  engine: Engine;
  store: Store;
}

export function createTestEngine({
  dir = ":memory:",
  wrap = (journal: Journal): Journal => journal,
  world = outside,
  follower = false,
} = {}): TestEngine {
  const store = openStore(dir);
  const { library, logs, artifacts } = store;
  const journal = wrap(store.journal);
  const engine = new Engine({
    ...{
      journal,
      library,
      logs,
      artifacts,
      outside: world,
      clock: createClock(),
      log: SILENT,
      version: "test",
      dataDir: dir,
      boot: "1",
    },
    leaseMs: 30_000,
    heartbeatMs: 5000,
    ...(follower && { follower }),
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

/** Resolves with what `find` finds, looking again whenever the feed has something new. */
export function until<T>(engine: Engine, find: () => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const look = (): void => {
      const found = find();
      if (found === undefined) return;
      stop();
      resolve(found);
    };
    const stop = engine.subscribe(undefined, look);
    look();
  });
}

/** A worker played by hand. */
export interface HandWorker {
  /** Everything that it was sent, in order. */
  received: ToWorker[];
  send(...messages: FromWorker[]): void;
  /** Resolves with the next attempt that it is given. */
  assigned(): Promise<Assignment>;
  /** Takes the next attempt and lets it succeed; resolves when that is acknowledged. */
  succeeds(): Promise<void>;
  /** Takes the next attempt and ends it so; resolves with it when that is acknowledged. */
  ends(report: AttemptReport): Promise<Assignment>;
  /** Resolves when results up to `n` are acknowledged. */
  acknowledged(n: number): Promise<void>;
  closed: boolean;
}

export interface ConnectOptions {
  name?: string;
  instance?: string;
  holds?: { task: number; attempt: number }[];
  functions?: string[];
  /** What it says of itself beyond that. */
  says?: Partial<Pick<Hello, "resources" | "units" | "labels" | "arms" | "features" | "abilities">>;
}

/** Connects one to the engine; `instance` tells processes of one name apart. */
export function connectWorker(
  engine: Engine,
  slots: number,
  { name = "w", instance = "1", holds = [], functions = [], says = {} }: ConnectOptions = {},
): HandWorker {
  const waiting = new Set<() => void>();
  const until = async <T>(find: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
  let taken = 0;
  let n = 0;
  const worker: HandWorker = {
    received: [],
    closed: false,
    send: (...messages) => session.receive(messages),
    async assigned() {
      const index = taken++;
      return until(() => worker.received.flatMap((message) => (message.type === "assign" ? message.tasks : []))[index]);
    },
    async succeeds() {
      await worker.ends({ outcome: "succeeded" });
    },
    async ends(report) {
      const assignment = await worker.assigned();
      const { task, attempt } = assignment;
      const mine = ++n;
      worker.send({ type: "result", n: mine, task, attempt, report });
      await worker.acknowledged(mine);
      return assignment;
    },
    async acknowledged(count) {
      await until(() => worker.received.find((message) => message.type === "ack" && message.n >= count));
    },
  };
  const tell = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const session = engine.connectWorker({
    send(messages) {
      worker.received.push(...messages);
      tell();
    },
    close() {
      worker.closed = true;
      tell();
    },
  });
  session.receive([
    {
      ...{ type: "hello", version: LINK_VERSION, name, instance, slots, holds, host: "h", pid: 1, octopus: "test" },
      abilities: { kinds: ["shell", "http", "call"], functions },
      ...says,
    },
  ]);
  return worker;
}
