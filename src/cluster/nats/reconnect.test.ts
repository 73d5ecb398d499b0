/** A NATS server that goes and comes back: what was followed goes on, and what was published meanwhile comes. */
import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { until } from "../../../test/conformance/cluster-parts.ts";
import { NatsServer, withoutNats } from "../../../test/nats/server.ts";
import type { LogRecord } from "../ports.ts";
import { type NatsBackend, connectNats } from "./backend.ts";
import { SUITE_MS_MAX } from "../../../test/machine.ts";

function open(nats: NatsServer, server: string): Promise<NatsBackend> {
  return connectNats({ servers: [nats.address], cluster: "test", server, replicas: 1, connectWithinMs: 60_000 });
}

describe("a connection to NATS", { skip: withoutNats() ?? false, timeout: SUITE_MS_MAX }, () => {
  test("a connection that NATS closes is made anew, and what is followed goes on", async () => {
    await using one = await NatsServer.start([], { config: "" });
    const heard: boolean[] = [];
    const backend = await open(one, "a");
    backend.bus.onConnected((isConnected) => heard.push(isConnected));
    const { log, output } = await backend.shard("default");
    const seen: LogRecord[] = [];
    const stopping = new AbortController();
    const following = (async () => {
      for await (const some of log.follow(1, stopping.signal)) seen.push(...some);
    })();
    let lines = 0;
    output.follow(undefined, (chunks) => (lines += chunks.length));
    assert.equal(await log.append(Buffer.from("one"), 0), "appended");
    await until("the first", () => seen.length === 1);
    await one.kill("SIGTERM");
    await until("the loss", () => !backend.bus.isConnected);
    output.publish([{ task: 1, attempt: 1, stream: "stdout", at: 1, text: "while it was away" }]);
    const lost = assert.rejects(log.append(Buffer.from("two"), 1));
    await lost;
    await one.up();
    await until("the connection", () => backend.bus.isConnected);
    assert.deepEqual(heard, [false, true]);
    await until("an append", () =>
      log.append(Buffer.from("two"), 1).then(
        (answer) => answer === "appended",
        () => false,
      ),
    );
    await until("the second", () => seen.length === 2);
    await until("output", () => lines === 1);
    stopping.abort();
    await following;
    await backend.close();
  });

  test("a log is not let go of by what was asked while NATS was away", async () => {
    await using one = await NatsServer.start([], { config: "" });
    const backend = await open(one, "a");
    const { log } = await backend.shard("default");
    for (let after = 0; after < 3; after++) await log.append(Buffer.from(`record ${after + 1}`), after);
    await one.kill("SIGTERM");
    await until("the loss", () => !backend.bus.isConnected);
    const refused = assert.rejects(log.trim(3), { code: "unreachable", retryable: true });
    await one.up();
    await refused;
    await until("the connection", () => backend.bus.isConnected);
    assert.deepEqual(await log.range(), { first: 1, last: 3 });
    await log.trim(3);
    assert.deepEqual(await log.range(), { first: 3, last: 3 });
    await backend.close();
  });

  test("a log that somebody deleted is told as such, and is made anew by a server that starts", async () => {
    await using nats = await NatsServer.start([], { config: "" });
    const backend = await open(nats, "a");
    const { log } = await backend.shard("default");
    assert.equal(await log.append(Buffer.from("one"), 0), "appended");
    await backend.link.ask("STREAM.DELETE.OCTOPUS_test_default");
    const words = /the stream OCTOPUS_test_default is not there any more: somebody has deleted it/;
    await assert.rejects(log.append(Buffer.from("two"), 1), words);
    await assert.rejects(log.range(), words);
    await backend.close();
    const again = await open(nats, "a");
    const { log: anew } = await again.shard("default");
    assert.deepEqual(await anew.range(), { first: 1, last: 0 });
    await again.close();
  });

  test("a put whose server was killed leaves nothing to be seen, and its pieces are swept", async () => {
    await using nats = await NatsServer.start([], { config: "" });
    const backend = await open(nats, "a");
    const other = await open(nats, "b");
    const slow = async function* () {
      for (let n = 0; n < 40; n++) yield Buffer.alloc(128 * 1024, n);
      // The process that put it is gone.
      await backend.close();
      yield Buffer.alloc(128 * 1024);
    };
    await other.objects.put(
      "kept",
      (async function* () {
        yield Buffer.from("kept");
      })(),
    );
    await assert.rejects(backend.objects.put("torn", slow()));
    assert.equal(await other.objects.has("torn"), false);
    assert.deepEqual(
      (await other.objects.list("")).map(({ name }) => name),
      ["kept"],
    );
    const bytesOf = async (): Promise<number> => {
      const info = await other.link.ask<{ state: { bytes: number } }>("STREAM.INFO.OBJ_octopus_test");
      return info.state.bytes;
    };
    assert.ok((await bytesOf()) > 1_000_000);
    assert.equal(await other.objects.sweep(3_600_000), 0, "young pieces may be of a put that goes on");
    const right = Date.now.bind(Date);
    const clock = mock.method(Date, "now", () => right() + 7_200_000);
    assert.equal(await other.objects.sweep(3_600_000), 0, "whatever this server takes for the time");
    clock.mock.restore();
    assert.equal(await other.objects.sweep(-60_000), 1);
    assert.ok((await bytesOf()) < 10_000);
    assert.equal(await other.objects.has("kept"), true);
    await other.close();
  });

  test("a reader of the log that stops to read is not given more than it has room for", async () => {
    await using nats = await NatsServer.start([], { config: "" });
    const backend = await open(nats, "a");
    const reader = await open(nats, "b");
    const { log } = await backend.shard("default");
    const { log: read } = await reader.shard("default");
    const record = Buffer.alloc(512 * 1024);
    const stopping = new AbortController();
    const following = read.follow(1, stopping.signal)[Symbol.asyncIterator]();
    for (let after = 0; after < 100; after++) assert.equal(await log.append(record, after), "appended");
    const first = await following.next();
    let count = (first.value as LogRecord[]).length;
    // Everything that is on its way has arrived when the server has answered after it.
    for (let round = 0; round < 5; round++) await log.range();
    await read.range();
    const { inBytes } = reader.link.connection.stats();
    assert.ok(inBytes < 32 * 1024 * 1024, `${inBytes} bytes came for a reader that stands still`);
    while (count < 100) count += ((await following.next()).value as LogRecord[]).length;
    assert.equal(count, 100);
    stopping.abort();
    await following.next();
    await Promise.all([backend.close(), reader.close()]);
  });
});
