/** What every backend of a cluster owes it for words and streams between servers; a part of `cluster-backend.ts`. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, createServer, request } from "node:http";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import type { Json } from "../../src/base/words.ts";
import { type Backends, until } from "./cluster-parts.ts";

export function testBus(two: Backends): void {
  test("bus: words reach every server that listens, the sender too", async () => {
    const heard: Json[] = [];
    const own: Json[] = [];
    const stops = [
      two.b.bus.subscribe("shard/s-1/leader", (word) => heard.push(word)),
      two.a.bus.subscribe("shard/s-1/leader", (word) => own.push(word)),
    ];
    const other: Json[] = [];
    stops.push(two.b.bus.subscribe("shard/s-2/leader", (word) => other.push(word)));
    // Words may be lost, the first ones before anybody listens.
    await until("a word", () => {
      two.a.bus.publish("shard/s-1/leader", { term: 1, list: [1, "ü", null] });
      return heard.length > 0 && own.length > 0;
    });
    assert.deepEqual(heard[0], { term: 1, list: [1, "ü", null] });
    assert.deepEqual(own[0], heard[0]);
    assert.deepEqual(other, []);
    for (const stop of stops) stop();
    const count = heard.length;
    two.a.bus.publish("shard/s-1/leader", { term: 2 });
    await two.b.values.get("nothing");
    assert.ok(!heard.slice(count).some((word) => (word as { term: number }).term === 2));
    assert.equal(two.a.bus.isConnected, true);
  });

  test("streams: bytes go both ways, whole and in order, and both ends end", async () => {
    const stop = two.b.bus.accept((stream) => stream.pipe(stream));
    const content = randomBytes(3_000_000);
    const stream = two.a.bus.connect("b");
    const back = read(stream);
    for (let at = 0; at < content.length; at += 9999) {
      if (!stream.write(content.subarray(at, at + 9999))) await once(stream, "drain");
    }
    stream.end();
    const got = await back;
    assert.equal(got.length, content.length);
    assert.equal(hash(got), hash(content));
    await until("the end", () => stream.destroyed);
    stop();
  });

  test("streams: many at once do not mix", async () => {
    const stop = two.b.bus.accept((stream) => stream.pipe(stream));
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const content = randomBytes(index * 3000 + 1);
        const stream = two.a.bus.connect("b");
        stream.end(content);
        assert.equal(hash(await read(stream)), hash(content));
      }),
    );
    stop();
  });

  test("streams: one that is not read slows its writer down", async () => {
    const taken: Duplex[] = [];
    const stop = two.b.bus.accept((stream) => taken.push(stream));
    const stream = two.a.bus.connect("b");
    stream.on("error", () => {});
    const chunk = randomBytes(64 * 1024);
    let written = 0;
    let isFull = false;
    const fill = (): void => {
      while (!isFull && written < 64 * 1024 * 1024) {
        written += chunk.length;
        if (!stream.write(chunk)) isFull = true;
      }
    };
    stream.on("drain", () => {
      isFull = false;
      fill();
    });
    fill();
    await until("the other end", () => taken.length > 0);
    // It comes to rest far below what was to be written.
    let before = -1;
    for (let rest = 0; rest < 10;) {
      rest = written === before ? rest + 1 : 0;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken from the writer`);
    let got = 0;
    taken[0]!.on("data", (data: Buffer) => (got += data.length));
    await until("all of it, once it is read", () => got === 64 * 1024 * 1024);
    stream.destroy();
    taken[0]!.destroy();
    stop();
  });

  test("streams: break when the other end does, and when nobody is there", async () => {
    const taken: Duplex[] = [];
    const stop = two.b.bus.accept((stream) => {
      stream.on("error", () => {});
      taken.push(stream);
    });
    const stream = two.a.bus.connect("b");
    const failed = once(stream, "error");
    stream.write("hello");
    await until("the other end", () => taken.length > 0);
    taken[0]!.destroy();
    await failed;
    assert.equal(stream.destroyed, true);
    const nobody = two.a.bus.connect("nobody");
    nobody.write("hello");
    // Nothing of it was received: whoever asked may ask again elsewhere.
    assert.equal(await refusalOf(nobody), "ECONNREFUSED");
    stop();
    const closed = two.a.bus.connect("b");
    closed.write("hello");
    assert.equal(await refusalOf(closed), "ECONNREFUSED");
  });

  test("streams: carry HTTP, and what is given up is given up at the other end", async () => {
    const open: IncomingMessage[] = [];
    const server = createServer((incoming, response) => {
      if (incoming.url === "/wait") {
        response.write("begun");
        open.push(incoming);
        return;
      }
      incoming.pipe(response);
    });
    const stop = two.b.bus.accept((stream) => server.emit("connection", stream));
    const ask = (path: string, body?: Uint8Array): ClientRequest => {
      const asked = request({ path, method: "POST", createConnection: () => two.a.bus.connect("b") });
      asked.end(body);
      return asked;
    };
    const body = randomBytes(500_000);
    for (let round = 0; round < 3; round++) {
      const [response] = (await once(ask("/echo", body), "response")) as [IncomingMessage];
      assert.equal(hash(await read(response)), hash(body));
    }
    const waiting = ask("/wait");
    const [response] = (await once(waiting, "response")) as [IncomingMessage];
    response.on("error", () => {});
    response.resume();
    await until("the request", () => open.length > 0);
    waiting.destroy();
    await until("the end of it at the other side", () => open[0]!.socket.destroyed);
    stop();
  });
}

async function refusalOf(stream: Duplex): Promise<string | undefined> {
  const [error] = (await once(stream, "error")) as [Error & { code?: string }];
  return error.code;
}

async function read(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function hash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
