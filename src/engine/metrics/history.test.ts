/** What went through arms, and what attempts waited for: a real engine on a real store, with a clock that is moved by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, type HandWorker, shell } from "../../../test/sim/engine-harness.ts";
import { HandClock } from "../../../test/sim/hand-clock.ts";
import { createOutside } from "../../root/outside.ts";
import { TaskSubmission } from "../../protocol/task.ts";
import { openStore } from "../../store/store.ts";
import { Engine } from "../engine.ts";

const START = Date.parse("2026-06-01T00:00:00Z");
const NOTHING = { debug() {}, info() {}, warn() {}, error() {} };

class Server implements AsyncDisposable {
  readonly clock = new HandClock(START);
  readonly store = openStore(":memory:");
  engine = this.#open();

  #open(): Engine {
    const { journal, library, logs, artifacts } = this.store;
    return new Engine({
      ...{ journal, library, logs, artifacts, clock: this.clock, log: NOTHING },
      ...{ version: "test", dataDir: ":memory:", boot: "1", leaseMs: 1e9, heartbeatMs: 5000, resultBytesMax: 1000 },
      outside: createOutside({ zone: "UTC", now: this.clock.now }),
      defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
      retention: { keepCount: 1_000_000, keepMs: 1e15, logKeepMs: 1e15, logBytesMax: 1e9 },
    });
  }

  /** Does it, and everything that follows from it at once. */
  async now<T>(done: Promise<T>): Promise<T> {
    await this.clock.settle();
    return done;
  }

  async submit(...tasks: Parameters<typeof shell>[]): Promise<string[]> {
    return (await this.now(this.engine.submit(tasks.map(([more]) => shell(more))))).map(({ id }) => id);
  }

  /** Seconds after the start; this worker is heard then. */
  async at(seconds: number, worker?: HandWorker): Promise<void> {
    await this.clock.goTo(START + seconds * 1000);
    worker?.send({ type: "heartbeat", load: 0, rssBytes: 0, active: 0 });
    await this.clock.settle();
  }

  /** What the attempts of a task waited, in seconds: until ready, until admitted, until started. */
  waits(id: string): (number | undefined)[][] {
    const seconds = (text: string | undefined) => text && (Date.parse(text) - START) / 1000;
    return this.engine
      .task(id)!
      .attempts.map((one) => [one.readyAt, one.admittedAt, one.startedAt].map(seconds)) as never;
  }

  restart(): void {
    this.engine = this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.engine.close();
    await this.clock.settle();
    await closed;
    this.store.close();
  }
}

const last = (column: (number | null)[], count: number) => column.slice(-count);

test("starts, ends and waits stand in their steps; what queues holds on through steps in which nothing happens", async () => {
  await using server = new Server();
  const { engine } = server;
  assert.deepEqual(engine.history(15).arms, {});
  await server.now(engine.configureArm("batch", { enabled: false }));
  await server.submit([], [], [{ arm: "batch" }]);
  await server.at(25);
  const worker = connectWorker(engine, 1, { name: "w" });
  await server.clock.settle();
  await server.at(34);
  await server.now(worker.succeeds());
  await server.at(41);
  const { stepMs, from, arms } = engine.history(15);
  assert.equal(stepMs, 10_000);
  assert.equal(from, START + 40_000 - 89 * 10_000);
  const { started, succeeded, failed, waitMs, queued, active } = arms["default"]!;
  assert.equal(started.length, 90);
  assert.deepEqual(last(started, 6), [null, 0, 0, 1, 1, 0]);
  assert.deepEqual(last(waitMs, 6), [null, null, null, 25_000, 34_000, null]);
  assert.deepEqual(last(succeeded, 6), [null, 0, 0, 0, 1, 0]);
  assert.deepEqual(last(failed, 3), [0, 0, 0]);
  assert.deepEqual(last(queued, 6), [null, 2, 2, 1, 0, 0]);
  assert.deepEqual(last(active, 3), [1, 1, 1]);
  assert.deepEqual(last(arms["batch"]!.started, 2), [0, 0]);
  assert.deepEqual(last(arms["batch"]!.queued, 2), [1, 1]);
  assert.deepEqual(Object.keys(engine.history(60, "batch").arms), ["batch"]);
  assert.deepEqual(last(engine.history(60).arms["default"]!.started, 2), [null, 2]);
  assert.deepEqual(last(engine.history(1440).arms["default"]!.waitMs, 1), [29_500]);
});

test("what is older than the span is forgotten; after hours in which nothing happened there are zeroes", async () => {
  await using server = new Server();
  const { engine } = server;
  await server.submit([], []);
  const worker = connectWorker(engine, 1, { name: "w" });
  await server.now(worker.ends({ outcome: "failed", exitCode: 1 }));
  await server.at(3 * 3600);
  const { started, queued, active } = engine.history(15).arms["default"]!;
  assert.deepEqual([new Set(started), new Set(queued), new Set(active)], [new Set([0]), new Set([0]), new Set([1])]);
  const day = engine.history(1440).arms["default"]!;
  assert.deepEqual(last(day.failed, 14), [null, 1, ...Array.from({ length: 12 }, () => 0)]);
  assert.deepEqual(last(day.started, 14), [null, 2, ...Array.from({ length: 12 }, () => 0)]);
});

test("of very many arms the quiet ones are left out, unless one is asked for", async () => {
  await using server = new Server();
  const { engine } = server;
  const names = Array.from({ length: 110 }, (_, i) => `arm-${i}`);
  for (const name of names) await server.now(engine.configureArm(name, {}));
  const worker = connectWorker(engine, 1, { name: "w" });
  await server.submit([{ arm: "arm-7" }]);
  await server.now(worker.succeeds());
  await server.submit([{ arm: "arm-9" }]);
  await server.at(3 * 3600);
  assert.deepEqual(Object.keys(engine.history(15).arms), ["arm-9"], "it runs");
  assert.deepEqual(last(engine.history(15, "arm-7").arms["arm-7"]!.started, 2), [0, 0]);
  assert.deepEqual(Object.keys(engine.history(1440).arms), ["arm-7", "arm-9"]);
});

test("an arm that was removed and made again begins anew; others keep what is known", async () => {
  await using server = new Server();
  const { engine } = server;
  await server.now(engine.configureArm("mine", {}));
  const worker = connectWorker(engine, 2, { name: "w" });
  await server.submit([{ arm: "mine" }], []);
  await server.now(worker.succeeds());
  await server.now(worker.succeeds());
  await server.now(engine.removeArm("mine"));
  await server.now(engine.configureArm("other", {}));
  await server.now(engine.configureArm("mine", {}));
  const { arms } = engine.history(15);
  assert.deepEqual(Object.keys(arms), ["default"]);
  assert.deepEqual(last(arms["default"]!.succeeded, 1), [1]);
});

test("a task that waited for its arm tells it from the wait for a worker", async () => {
  await using server = new Server();
  const { engine } = server;
  await server.now(engine.configureArm("one", { maxParallel: 1 }));
  const [first, second, third] = await server.submit([{ arm: "one" }], [{ arm: "one" }], [{ arm: "one" }]);
  await server.at(5);
  const worker = connectWorker(engine, 1, { name: "w" });
  await server.clock.settle();
  assert.deepEqual(server.waits(first!), [[0, undefined, 5]]);
  await server.at(20);
  await server.now(worker.succeeds());
  assert.deepEqual(server.waits(second!), [[0, 20, 20]]);
  // A limit that is raised lets it through; what is missing from then on is a worker.
  await server.at(30);
  await server.now(engine.configureArm("one", { maxParallel: 2 }));
  await server.at(45);
  assert.equal(engine.arm("one")!.oldestQueuedAt, new Date(START).toISOString());
  server.restart();
  assert.deepEqual(server.waits(second!), [[0, 20, 20]]);
  const again = connectWorker(server.engine, 2, { name: "w", holds: [{ task: 2, attempt: 1 }] });
  await server.clock.settle();
  // What held it before the restart is not known any more.
  assert.deepEqual(server.waits(third!), [[0, undefined, 45]]);
  again.send({ type: "result", n: 7, task: 2, attempt: 1, report: { outcome: "succeeded" } });
  await server.clock.settle();
  assert.equal(server.engine.task(second!)!.state, "succeeded");
  assert.deepEqual(server.waits(second!), [[0, 20, 20]]);
});

test("attempts keep when they became ready, and why they waited, when the task goes on", async () => {
  await using server = new Server();
  const { engine } = server;
  await server.now(engine.configureArm("one", { maxParallel: 1 }));
  const retries = { limit: 2, backoff: "fixed", delay: "1m", jitter: 0 };
  const [task] = await server.submit([TaskSubmission.parse({ shell: "true", arm: "one", retries })]);
  const worker = connectWorker(engine, 5, { name: "w" });
  await server.at(10, worker);
  await server.now(worker.ends({ outcome: "failed", exitCode: 1 }));
  await server.now(engine.configureArm("one", { enabled: false }));
  await server.at(75, worker);
  await server.at(100, worker);
  await server.now(engine.configureArm("one", { enabled: true }));
  await server.at(110, worker);
  assert.deepEqual(server.waits(task!), [
    [0, undefined, 0],
    [70, 100, 100],
  ]);
  await server.now(worker.ends({ outcome: "failed", exitCode: 1 }));
  await server.at(170, worker);
  await server.at(200, worker);
  await server.now(worker.succeeds());
  await server.now(engine.retryTask(task!));
  await server.at(300, worker);
  await server.now(worker.succeeds());
  assert.deepEqual(server.waits(task!), [
    [0, undefined, 0],
    [70, 100, 100],
    [170, undefined, 170],
    [200, undefined, 200],
  ]);
});

test("a key and a rate hold a task up, not a worker", async () => {
  await using server = new Server();
  const { engine } = server;
  const worker = connectWorker(engine, 5, { name: "w" });
  const concurrencyKey = { key: "k", limit: 1 };
  const rate = { key: "r", limit: 1, perMs: 30_000, burst: 1 };
  const [, second] = await server.submit([{ concurrencyKey }], [{ concurrencyKey }]);
  const [, slow] = await server.submit([{ rate }], [{ rate }]);
  await server.at(12);
  await server.now(worker.succeeds());
  assert.deepEqual(server.waits(second!), [[0, 12, 12]]);
  await server.at(40);
  assert.deepEqual(server.waits(slow!), [[0, 30, 30]]);
});
