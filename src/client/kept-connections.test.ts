/**
 * Kept connections that the server closes in the moment of a call (TR1, TR2). The peer speaks plain TCP, so that it can
 * break a connection after it has read a request and before it answers.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { connect } from "./mod.ts";
import { FRESH_MS } from "./transport.ts";

const answerTo = (request: string): string => {
  const ids = [...request.matchAll(/"call":"x"/g)].map((_, i) => `t${i + 1}`);
  const isBulk = /\r\n\r\n\[|x-ndjson/.test(request);
  return JSON.stringify(isBulk ? { count: ids.length, ids } : { id: ids[0] ?? "t1", state: "queued", items: [] });
};

/** `breaks`: the n-th request of a connection, from 1, is read and then the connection is reset instead of an answer. */
async function peer(t: TestContext, breaks: (request: string, n: number) => boolean) {
  const asked: string[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let n = 0;
    let received = "";
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      received += bytes.toString();
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (!received.includes("\r\n\r\n") || received.length < received.indexOf("\r\n\r\n") + 4 + length) return;
      const request = received;
      received = "";
      asked.push(request.slice(0, request.indexOf(" HTTP")));
      if (breaks(request, ++n)) return void socket.resetAndDestroy();
      const body = answerTo(request);
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(async () => {
    client.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client, asked, connections: () => connections };
}

test("reads outlive kept connections that the server closes, also when all of them are dead", async (t) => {
  const { client, asked } = await peer(t, (_request, n) => n > 1);
  const five = () => Promise.all([1, 2, 3, 4, 5].map(() => client.arms()));
  assert.deepEqual(await five(), [[], [], [], [], []]);
  assert.deepEqual(await five(), [[], [], [], [], []]);
  assert.equal(asked.length, 15, "five broke, and each of them was sent once more");
});

test("a new connection that breaks is no kept one: the read fails, sent once", async (t) => {
  const { client, asked } = await peer(t, () => true);
  await assert.rejects(client.arms(), { code: "unreachable", retryable: true });
  assert.equal(asked.length, 1);
});

test("submissions with ids of their own are sent again: one, of one tick, in bulk", async (t) => {
  const { client, asked, connections } = await peer(t, (_request, n) => n > 1);
  for (let i = 0; i < 3; i++) assert.equal((await client.submit({ call: "x", id: "a" })).id, "t1");
  const two = [client.submit({ call: "x", id: "a" }), client.submit({ call: "x", id: "b" })];
  assert.deepEqual(await Promise.all(two), [{ id: "t1" }, { id: "t2" }]);
  assert.equal(connections(), 4);
  await client.arms();
  assert.equal((await client.submitAlone({ call: "x", id: "a" })).id, "t1");
  await client.arms();
  assert.deepEqual(await client.submitMany([{ call: "x", id: "a" }]), ["t1"]);
  assert.equal(asked.length, 7 + 3 + 3);
});

test("a submission that the server would count twice is sent once: whoever made it decides", async (t) => {
  const { client, asked } = await peer(t, (_request, n) => n > 1);
  const lost = { code: "unreachable", retryable: true };
  await client.submit({ call: "x" });
  await assert.rejects(client.submit({ call: "x" }), lost);
  assert.equal(asked.length, 2);
  await client.submit({ call: "x" });
  const both = [client.submit({ call: "x", id: "a" }), client.submit({ call: "x" })];
  for (const one of both) await assert.rejects(one, lost);
  assert.equal(asked.length, 4);
  await client.arms();
  await assert.rejects(client.submitAlone({ call: "x" }), lost);
  await client.arms();
  await assert.rejects(client.submitMany([{ call: "x", id: "a" }, { call: "x" }]), lost);
  await client.arms();
  await assert.rejects(client.cancelTask("t1"), lost);
  assert.equal(asked.length, 4 + 3 * 2);
});

/** A server in a thread of its own: it closes its connections while the thread of the client is busy. */
const CLOSER = `
const { parentPort, workerData: flags } = require("node:worker_threads");
const sockets = new Set();
const body = '{"id":"t1","state":"queued"}';
const server = require("node:http").createServer((request, response) => {
  request.resume().on("end", () => response.setHeader("content-type", "application/json").end(body));
  sockets.add(request.socket);
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
(async () => {
  for (;;) {
    await Atomics.waitAsync(flags, 0, 0).value;
    Atomics.store(flags, 0, 0);
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    Atomics.store(flags, 1, 1);
    Atomics.notify(flags, 1);
  }
})();
`;

test("a call that must not be repeated does not go over a connection that was closed unseen", async (t) => {
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const thread = new Worker(CLOSER, { eval: true, workerData: flags });
  t.after(() => thread.terminate());
  const [port] = (await once(thread, "message")) as [number];
  const client = connect(`http://127.0.0.1:${port}`);
  t.after(() => client.close());
  /** The loop stands still while the server closes everything, as in a program that computes for a while. */
  const closedUnseen = (): void => {
    const since = performance.now();
    Atomics.store(flags, 1, 0);
    Atomics.store(flags, 0, 1);
    Atomics.notify(flags, 0);
    Atomics.wait(flags, 1, 0);
    while (performance.now() - since <= FRESH_MS);
  };
  const calls = [
    () => client.submit({ call: "x" }),
    () => client.submitAlone({ call: "x" }),
    () => client.cancelTask("t1"),
  ];
  for (const call of calls) {
    assert.equal((await call()).id, "t1");
    closedUnseen();
    assert.equal((await call()).id, "t1");
  }
});
