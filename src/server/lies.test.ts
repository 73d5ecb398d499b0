// Workers that lie or send rubbish, against a real server with a real engine: what they say changes nothing, each is told
// of, and an honest worker beside them goes on with its work.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import type { AuditEntry } from "../engine/ports.ts";
import { FRAME_BYTES_MAX } from "../protocol/link.ts";
import { type Harness, post, startHarness } from "./testing/harness.ts";
import { helloOf, RawWorker } from "./testing/raw-worker.ts";

type Watched = Harness & { audit: AuditEntry[] };

async function start(warn: (fields: object) => void = () => {}): Promise<Watched> {
  const audit: AuditEntry[] = [];
  const quiet = (): void => {};
  const errors: object[] = [];
  const h = await startHarness({
    log: { debug: quiet, info: quiet, warn, error: (fields) => void errors.push(fields) },
    access: {
      ...{ isOn: false, connectionsMax: 10_000, requests: null, workers: null, auditKeepMs: 1e9 },
      refusals: { limit: 100, perMs: 60_000, burst: 100 },
      audit: { append: (rows) => void audit.push(...rows), read: () => ({ items: [] }), prune: () => {} },
    },
  });
  return Object.assign(h, { audit, errors });
}

/** Hands a task to the honest worker. */
async function busy(h: Harness, honest: RawWorker): Promise<{ id: string; task: number }> {
  const { body } = await h.ask("/api/v1/tasks", post({ call: "f" }));
  const assigned = () =>
    honest.received
      .flatMap((message) => (message.type === "assign" ? message.tasks : []))
      .find(({ id }) => id === body.id);
  await honest.until(() => assigned() !== undefined);
  return { id: body.id as string, task: assigned()!.task };
}

/** Ends the task as its own worker does. */
async function finish(h: Harness, honest: RawWorker, { id, task }: { id: string; task: number }): Promise<void> {
  honest.say({ type: "result", n: task, task, attempt: 1, report: { outcome: "succeeded", result: "true" } });
  const { body } = await h.ask(`/api/v1/tasks/${id}?wait=10s`);
  assert.deepEqual([body.state, body.result], ["succeeded", "true"]);
}

test("what a worker says of attempts that are not its own changes nothing, and is told of", async () => {
  await using h = await start();
  const honest = await RawWorker.greet(h.url, helloOf("honest"));
  const one = await busy(h, honest);
  const { task } = one;
  const liar = await RawWorker.greet(h.url, helloOf("liar", { slots: 0 }));
  const report = { outcome: "succeeded", result: "stolen" } as const;
  const chunk = { stream: "stdout" as const, at: Date.now(), text: "forged\n" };
  liar.say(
    { type: "result", n: 1, task, attempt: 1, report },
    { type: "result", n: 2, task, attempt: 2, report },
    { type: "result", n: 3, task: 999, attempt: 1, report },
    { type: "progress", task, attempt: 1, value: 0.99 },
    {
      type: "log",
      chunks: [
        { task, attempt: 1, ...chunk },
        { task: 12_345, attempt: 1, ...chunk },
      ],
    },
    { type: "heartbeat", load: 1e308, rssBytes: 1e15, active: 1e9, attempts: [{ task, attempt: 1, cpuMs: 5 }] },
  );
  // All of it is acknowledged: repeating it would help nobody.
  assert.equal((await liar.hears("ack")).n, 3);
  const seen = (await h.ask(`/api/v1/tasks/${one.id}`)).body;
  assert.deepEqual([seen.state, seen.worker, seen.progress], ["running", "honest", undefined]);
  assert.deepEqual((await h.ask(`/api/v1/tasks/${one.id}/logs`)).body.items, []);
  assert.deepEqual((await h.ask("/api/v1/workers/liar")).body.attempts, []);
  await finish(h, honest, one);
  await h.server.close(0);
  const told = Object.fromEntries(h.audit.map(({ action, subject, times, who }) => [action, [who, subject, times]]));
  assert.deepEqual(told["refused.result"], ["local", "liar", 3]);
  assert.deepEqual(told["refused.progress"], ["local", "liar", 1]);
  assert.deepEqual(told["refused.output"], ["local", "liar", 2]);
});

test("a late word of an attempt that was given up is no lie", async () => {
  await using h = await start();
  const first = await RawWorker.greet(h.url, helloOf("first"));
  const one = await busy(h, first);
  // It says goodbye in the middle: its attempt is lost, and runs again elsewhere.
  first.say({ type: "goodbye" });
  const second = await RawWorker.greet(h.url, helloOf("second"));
  await second.hears("assign");
  const again = await RawWorker.greet(h.url, helloOf("first", { holds: [{ task: one.task, attempt: 1 }], slots: 0 }));
  assert.equal((await again.hears("cancel")).reason, "lost");
  again.say({ type: "result", n: 1, task: one.task, attempt: 1, report: { outcome: "succeeded" } });
  await again.hears("ack");
  assert.equal((await h.ask(`/api/v1/tasks/${one.id}`)).body.state, "running");
  await h.server.close(0);
  assert.deepEqual(
    h.audit.filter(({ action }) => action === "refused.result"),
    [],
  );
});

test("output that comes again after a broken connection is kept once", async () => {
  await using h = await start();
  const hello = helloOf("w");
  const first = await RawWorker.greet(h.url, hello);
  const one = await busy(h, first);
  const { task } = one;
  const piece = (seq: number) => ({
    task,
    attempt: 1,
    seq,
    stream: "stdout" as const,
    at: Date.now(),
    text: `${seq}\n`,
  });
  first.say({ type: "log", chunks: [piece(1), piece(2)] });
  const printed = async (): Promise<string[]> =>
    (await h.ask(`/api/v1/tasks/${one.id}/logs`)).body.items.map(({ text }: { text: string }) => text.trim());
  while ((await printed()).length < 2);
  first.socket.terminate();
  const second = await RawWorker.greet(h.url, { ...hello, holds: [{ task, attempt: 1 }] });
  second.say({ type: "log", chunks: [piece(1), piece(2), piece(3)] });
  await finish(h, second, one);
  assert.deepEqual(await printed(), ["1", "2", "3"]);
});

test("frames that are too large, bombs, and binary ones from a worker that does not pack are refused", async () => {
  await using h = await start();
  const honest = await RawWorker.greet(h.url, helloOf("honest"));
  const one = await busy(h, honest);

  const plain = await RawWorker.greet(h.url, helloOf("plain"));
  plain.socket.send(zstdCompressSync("[]"));
  assert.match((await plain.ended())[1], /a frame must be text/);

  const bomber = await RawWorker.greet(h.url, helloOf("bomber", { features: ["zstd"] }));
  const bomb = zstdCompressSync(Buffer.alloc(8 * FRAME_BYTES_MAX, " "));
  assert.ok(bomb.length < 100_000);
  bomber.socket.send(bomb);
  assert.match((await bomber.ended())[1], /a packed frame holds more than 33554432 bytes/);

  const noise = await RawWorker.greet(h.url, helloOf("noise", { features: ["zstd"] }));
  noise.socket.send(Buffer.from("not zstd at all"));
  assert.match((await noise.ended())[1], /is not packed with zstd/);

  const early = await RawWorker.open(h.url);
  early.socket.send(`[${" ".repeat(9 * 1024 * 1024)}]`);
  assert.match((await early.ended())[1], /a frame holds 9437186 bytes/);

  // The head of a frame of one gigabyte: the connection is ended before any of it is read.
  const socket = createConnection(h.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    `GET /api/v1/worker HTTP/1.1\r\nHost: 127.0.0.1:${h.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  await once(socket, "data");
  socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]));
  socket.resume();
  await once(socket, "close");

  await finish(h, honest, one);
  await h.server.close(0);
  const frames = h.audit.filter(({ action }) => action === "refused.frame");
  assert.equal(
    frames.reduce((sum, { times }) => sum + times, 0),
    5,
  );
  assert.deepEqual(h.errors, []);
});

test("a packed frame is read, and large frames are not packed for a worker on this machine", async () => {
  await using h = await start();
  const worker = await RawWorker.greet(h.url, helloOf("w", { features: ["zstd", "telepathy" as never] }));
  const { features, version, cluster } = await worker.hears("welcome");
  assert.deepEqual([features, version, cluster], [["zstd"], 3, h.engine.access.cluster()]);
  worker.socket.send(zstdCompressSync(JSON.stringify([{ type: "heartbeat", load: 0.5, rssBytes: 7e6, active: 0 }])));
  const load = async (): Promise<unknown> => (await h.ask("/api/v1/workers/w")).body.rssBytes;
  while ((await load()) !== 7e6);
  // The worker reads text alone: this would throw there.
  const { body } = await h.ask("/api/v1/tasks", post({ call: "f", input: "x".repeat(20_000) }));
  await worker.until(() => worker.received.some((m) => m.type === "assign" && m.tasks[0]!.id === body.id));
});

test("a worker of a version that is not spoken is told which side is to be updated", async () => {
  await using h = await start();
  for (const [version, side] of [
    [1, "worker"],
    [99, "server"],
  ] as const) {
    const worker = await RawWorker.open(h.url);
    worker.say(helloOf("w", { version }));
    const { reason, retryable } = await worker.hears("refuse");
    assert.equal(reason, `this worker speaks link version ${version}, the server 2 to 3: update the ${side}`);
    assert.equal(retryable, false);
    await worker.ended();
  }
});

test("of two workers with one name the first stays, and the second hears which one that is", async () => {
  await using h = await start();
  const first = await RawWorker.greet(h.url, helloOf("w"));
  const second = await RawWorker.open(h.url);
  second.say(helloOf("w", { instance: "another" }));
  const { reason, retryable, taken } = await second.hears("refuse");
  assert.match(
    reason,
    /^a worker named w is connected already: process 7 on here \(127\.0\.0\.1\), since 20\S+Z; stop it, or choose another --name$/,
  );
  assert.deepEqual([retryable, taken], [true, true]);
  await second.ended();
  const one = await busy(h, first);
  await finish(h, first, one);
});

test("a worker that is gone without a word gives its name up; one that was silent and answers keeps it", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  await using h = await start();
  const first = await RawWorker.greet(h.url, helloOf("w"));
  const knock = async (instance: string): Promise<RawWorker> => {
    const another = await RawWorker.open(h.url);
    another.say(helloOf("w", { instance }));
    return another;
  };
  // Silent for longer than any that lives; it answers pings by itself.
  t.mock.timers.tick(12_000);
  assert.equal((await (await knock("b")).hears("refuse")).taken, true);
  // As when its machine has lost its power: what is sent to it is never read, and nothing comes back.
  first.socket.pause();
  t.mock.timers.tick(12_000);
  await (await knock("c")).hears("welcome");
  first.socket.resume();
  await first.ended();
});

test("absurd fields of a report are refused with the connection, and the attempt is done again", async () => {
  await using h = await start();
  const worker = await RawWorker.greet(h.url, helloOf("w"));
  const one = await busy(h, worker);
  worker.socket.send(
    `[{"type":"result","task":${one.task},"attempt":1,"n":1,"report":{"outcome":"failed","durationMs":1e300}}]`,
  );
  assert.match((await worker.ended())[1], /durationMs must be a number/);
  const back = await RawWorker.greet(h.url, helloOf("w", { instance: "next" }));
  await back.until(() => back.received.some((m) => m.type === "assign" && m.tasks[0]!.attempt === 2));
});

test("whoever talks rubbish again and again fills neither the log nor the audit", async () => {
  const warned: object[] = [];
  await using h = await start((fields) => void warned.push(fields));
  for (let i = 0; i < 30; i++) {
    const worker = await RawWorker.open(h.url);
    worker.socket.send("rubbish");
    assert.equal((await worker.ended())[0], 1008);
  }
  await h.server.close(0);
  assert.equal(warned.length, 1);
  assert.deepEqual(
    h.audit.map(({ action, times }) => [action, times]),
    [["refused.frame", 30]],
  );
});
