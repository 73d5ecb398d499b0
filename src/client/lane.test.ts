import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { Lane } from "./lane.ts";
import type { Call } from "./transport.ts";

/** A server that answers with whatever bytes `answer` writes, for each request that came whole. */
async function serve(t: TestContext, answer: (socket: Socket, count: number) => void) {
  let connections = 0;
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay();
    let received = "";
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      received += bytes.toString();
      const match = /^POST \S+ HTTP\/1\.1\r\nhost: \S+\r\ncontent-type: \S+\r\ncontent-length: (\d+)\r\n\r\n/.exec(
        received,
      );
      if (match && Buffer.byteLength(received.slice(match[0].length)) >= Number(match[1])) {
        received = "";
        answer(socket, ++count);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lane = new Lane(base);
  t.after(async () => {
    lane.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { lane, connections: () => connections };
}

const call: Call = { method: "POST", path: "/x", body: '{"ä":1}', silenceMs: 5000 };
const reply = (body: string, extra = "") =>
  `HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test("answers are read whole wherever the bytes are cut, over one connection", async (t) => {
  const bytes = Buffer.from(reply('{"ü":2}'));
  const chunked = Buffer.from(
    'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"ü\r\n4;x=y\r\n":2}\r\n0\r\n\r\n',
  );
  const { lane, connections } = await serve(t, (socket, count) => {
    const whole = count % 2 === 0 ? bytes : chunked;
    const at = 1 + (count % (whole.length - 1));
    socket.write(whole.subarray(0, at), () => setImmediate(() => socket.write(whole.subarray(at))));
  });
  for (let i = 0; i < 150; i++) {
    assert.deepEqual(
      await lane.send(call),
      { status: 201, contentType: "application/json", body: '{"ü":2}' },
      `answer ${i}`,
    );
  }
  assert.equal(connections(), 1);
});

test("a second request at the same time is declined", async (t) => {
  const { lane } = await serve(t, (socket) => socket.write(reply("1")));
  const first = lane.send(call);
  assert.equal(lane.send(call), undefined);
  assert.equal((await first)!.body, "1");
  assert.equal((await lane.send(call))!.body, "1");
});

test("a connection that breaks, closes or falls silent fails its request, and the next one opens another", async (t) => {
  const { lane, connections } = await serve(t, (socket, count) => {
    if (count === 1) return void socket.destroy();
    if (count === 2) return void socket.end("HTTP/1.1 201 Cre");
    if (count === 3) return;
    if (count === 4) return void socket.write("SSH-2.0 what\r\n\r\n");
    if (count === 5) return void socket.end(reply("5", "Connection: close\r\n"));
    socket.write(reply("6"));
  });
  await assert.rejects(lane.send(call)!, { code: "unreachable", retryable: true });
  await assert.rejects(lane.send(call)!, { code: "unreachable" });
  await assert.rejects(lane.send({ ...call, silenceMs: 30 })!, { code: "timeout" });
  await assert.rejects(lane.send(call)!, { code: "unreachable", message: /says no length/ });
  assert.equal((await lane.send(call))!.body, "5");
  assert.equal((await lane.send(call))!.body, "6");
  assert.equal(connections(), 6);
});

test("a connection that the server is about to give up is not used again", async (t) => {
  const { lane, connections } = await serve(t, (socket) => socket.write(reply("1", "Keep-Alive: timeout=1\r\n")));
  await lane.send(call);
  while (connections() === 1) await lane.send(call);
  assert.equal(connections(), 2);
});

test("an aborted request ends with the reason, and the next one works", async (t) => {
  const stop = new AbortController();
  const { lane } = await serve(t, (socket, count) => {
    if (count === 1) stop.abort(new Error("enough"));
    else socket.write(reply("2"));
  });
  const sent = lane.send({ ...call, signal: stop.signal })!;
  await assert.rejects(sent, /enough/);
  assert.equal((await lane.send(call))!.status, 201);
});
