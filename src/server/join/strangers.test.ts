/** What somebody without a token can do to the door of workers, before he has proven anything. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { test } from "node:test";
import { KEY_HEADER, NAME_HEADER } from "../../protocol/link.ts";
import { startWithAccess } from "../access/testing.ts";
import { drawKey, helloOf, RawWorker } from "../testing/raw-worker.ts";
import { WaitingRoom } from "./waiting-room.ts";

const MiB = 1024 ** 2;

/** Opens the link by hand, and begins a frame of so many bytes. */
async function beginFrame(port: number, bytes: number): Promise<Socket> {
  const socket = createConnection(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const headers = {
    ...{ host: `127.0.0.1:${port}`, connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
    ...{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", [KEY_HEADER]: drawKey().text, [NAME_HEADER]: "box" },
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /api/v1/worker HTTP/1.1\r\n${lines.join("")}\r\n`);
  await once(socket, "data");
  const head = Buffer.alloc(14);
  head.set([0x81, 0xff]);
  head.writeBigUInt64BE(BigInt(bytes), 2);
  socket.write(head);
  socket.resume();
  return socket;
}

test("strangers cannot fill the memory with frames that they never end, and keep nobody out", async () => {
  await using server = await startWithAccess();
  const sockets: Socket[] = [];
  try {
    let sent = 0;
    const block = Buffer.alloc(MiB);
    while (sockets.every((socket) => !socket.closed) && sent < 160 * MiB) {
      const socket = await beginFrame(server.port, 30 * MiB);
      sockets.push(socket);
      for (let part = 0; part < 29 && !socket.closed; part++) {
        sent += block.length;
        if (!socket.write(block))
          await new Promise<void>((resolve) => void socket.once("drain", resolve).once("close", () => resolve()));
      }
    }
    assert.ok(sent < 100 * MiB, `${sent / MiB} MiB were taken from strangers`);
    const friend = await RawWorker.knock(server.url, drawKey(), helloOf("friend"));
    assert.equal((await friend.hears("refuse")).waits, true);
    const [row] = await server.rows({ action: "refused.frame" });
    assert.match(row!.detail!, /before its proof/);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test("whoever was refused is heard no more, also when his next words came with the first", async () => {
  await using server = await startWithAccess();
  const { token } = server.server.lend({ who: "anna", role: "operator" });
  const key = drawKey();
  const waiting = await RawWorker.knock(server.url, key, helloOf("box"));
  await waiting.ended();
  assert.equal((await server.as(token, "POST", "/api/v1/workers/box/approve", {})).status, 200);
  const worker = await RawWorker.open(server.url, { [KEY_HEADER]: key.text, [NAME_HEADER]: "box" });
  const challenge = await worker.hears("challenge");
  const proof = worker.proof(key, challenge, "box");
  const { _socket: wire } = worker.socket as unknown as { _socket: Socket };
  wire.cork();
  worker.say({ ...proof, signature: "A".repeat(86) }, helloOf("box"));
  worker.say(proof, helloOf("box"));
  wire.uncork();
  assert.match((await worker.hears("refuse")).reason, /does not fit its key/);
  await worker.ended();
  assert.equal((await server.as(token, "GET", "/api/v1/workers/box")).body.state, undefined);
});

test("whoever has a network of IPv6 to himself pushes nobody out of the waiting room", async () => {
  await using server = await startWithAccess();
  const room = new WaitingRoom(server.engine.access, Date.now);
  assert.ok(room.ask("friend", drawKey().text, "192.0.2.7", undefined));
  const asked = Array.from({ length: 200 }, (_, n) =>
    room.ask(`stranger-${n}`, drawKey().text, `2001:db8::${n.toString(16)}`, undefined),
  );
  assert.equal(asked.filter(Boolean).length, 20);
  assert.equal(room.list()[0]!.name, "friend");
});
