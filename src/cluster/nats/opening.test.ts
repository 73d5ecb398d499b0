/** What a server of a cluster says where NATS is not as it must be: each case with a real NATS server. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, describe, test } from "node:test";
import { makeCertificates, makeJwt, makeNkey } from "../../../test/nats/keys.ts";
import { NatsServer, oldProgram, withoutNats } from "../../../test/nats/server.ts";
import { OctopusError, type ErrorCode } from "../../base/errors.ts";
import { type NatsBackend, connectNats } from "./backend.ts";
import type { NatsClusterSettings } from "./settings.ts";
import { SUITE_MS_MAX } from "../../../test/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-nats-keys-"));

type Some = Partial<NatsClusterSettings>;

function open(nats: NatsServer, some: Some = {}): Promise<NatsBackend> {
  const base = { servers: [nats.address], cluster: "test", server: "a", replicas: 1, connectWithinMs: 20_000 };
  return connectNats({ ...base, ...some });
}

async function works(nats: NatsServer, some: Some = {}): Promise<void> {
  const backend = await open(nats, some);
  try {
    const { log } = await backend.shard("default");
    const { last } = await log.range();
    assert.equal(await log.append(new Uint8Array(3), last), "appended");
  } finally {
    await backend.close();
  }
}

async function fails(nats: NatsServer, some: Some, code: ErrorCode, words: RegExp): Promise<void> {
  await assert.rejects(
    async () => (await open(nats, some)).close(),
    (error) => {
      assert.ok(error instanceof OctopusError, String(error));
      assert.match(error.message, words);
      assert.equal(error.code, code);
      return true;
    },
  );
}

describe("what NATS must be", { skip: withoutNats() ?? false, concurrency: 2, timeout: SUITE_MS_MAX }, () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("an old one is refused, unless that is allowed", async () => {
    await using nats = await NatsServer.start([], { program: oldProgram() });
    await fails(nats, {}, "conflict", /version 2\.9\.\d+; a cluster needs 2\.10 or newer.*--allow-old-nats/s);
    await works(nats, { allowOldNats: true });
    const backend = await open(nats, { allowOldNats: true });
    const { log } = await backend.shard("other");
    // It takes the number 0 for no number at all.
    assert.equal(await log.append(new Uint8Array(1), 0), "appended");
    assert.equal(await log.append(new Uint8Array(1), 0), "refused");
    const { warnings } = await backend.view();
    assert.ok(
      warnings.some((words) => /2\.9\.\d+ never syncs/.test(words)),
      warnings.join("\n"),
    );
    await backend.close();
  });

  test("JetStream is needed", async () => {
    await using nats = await NatsServer.start([], { config: "jetstream: false" });
    await fails(nats, {}, "conflict", /no JetStream.*switch it on/s);
  });

  test("user and password, or a token", async () => {
    await using nats = await NatsServer.start([], { config: 'authorization { user: "o", password: "p@ss" }' });
    await fails(nats, {}, "unauthorized", /does not accept these credentials/);
    await fails(nats, { user: "o", password: "x" }, "unauthorized", /does not accept these credentials/);
    await works(nats, { user: "o", password: "p@ss" });
    await works(nats, { servers: [`nats://o:p%40ss@${nats.address}`] });
    await using second = await NatsServer.start([], { config: 'authorization { token: "secret" }' });
    await works(second, { token: "secret" });
    await works(second, { servers: [`nats://secret@${second.address}`] });
    await fails(second, { token: "other" }, "unauthorized", /does not accept/);
  });

  test("an nkey, and a JWT with its seed", async () => {
    const [mine, other] = [makeNkey(folder), makeNkey(folder)];
    await using nats = await NatsServer.start([], { config: `authorization { users: [{ nkey: ${mine.publicKey} }] }` });
    await works(nats, { nkey: mine.file });
    await fails(nats, { nkey: other.file }, "unauthorized", /does not accept/);
    await fails(nats, { nkey: join(folder, "none") }, "invalid", /cannot be read: ENOENT/);
    const wrong = join(folder, "wrong.nk");
    writeFileSync(wrong, "hello");
    await fails(nats, { nkey: wrong }, "invalid", /no seed of a user's nkey/);
    const { config, creds } = makeJwt(folder);
    await using second = await NatsServer.start([], { config });
    await works(second, { creds });
    await fails(second, {}, "unauthorized", /does not accept/);
  });

  test("TLS, and certificates of clients", async () => {
    const { ca, otherCa, cert, key, clientCert, clientKey } = makeCertificates(folder);
    const files = `cert_file: "${cert}", key_file: "${key}"`;
    await using nats = await NatsServer.start([], { config: `tls { ${files} }` });
    await works(nats, { ca });
    await works(nats, { ca, servers: [`tls://${nats.address}`] });
    await fails(nats, { ca: otherCa }, "unauthorized", /nobody that is trusted here has signed.*--nats-ca/s);
    await fails(nats, {}, "unauthorized", /nobody that is trusted here has signed/);
    await fails(nats, { ca: join(folder, "none.pem") }, "invalid", /cannot be read: ENOENT/);
    await using strict = await NatsServer.start([], { config: `tls { ${files}, ca_file: "${ca}", verify: true }` });
    await works(strict, { ca, cert: clientCert, key: clientKey });
    // The server just ends the connection.
    await assert.rejects(open(strict, { ca, connectWithinMs: 0 }), OctopusError);
  });

  test("nobody there is unreachable, in the time that is given", async () => {
    await using nats = await NatsServer.start();
    await nats.kill();
    const said: string[] = [];
    const say = (_level: string, words: string): void => void said.push(words);
    await fails(nats, { connectWithinMs: 300, say }, "unreachable", /could not connect to 127\.0\.0\.1:\d+/);
    assert.equal(said.length, 1, "who waits is told what for, once");
    assert.match(said[0]!, /could not connect to 127\.0\.0\.1:\d+.*it is tried for/);
  });

  test("as many replicas as there can be, and one server of a name", async () => {
    await using nats = await NatsServer.start();
    await fails(nats, { replicas: 3 }, "conflict", /too few NATS servers.*--replicas/s);
    const backend = await open(nats, { replicas: "auto" });
    const { warnings } = await backend.view();
    assert.ok(
      warnings.some((words) => /fewer than 3 NATS servers/.test(words)),
      warnings.join("\n"),
    );
    await fails(nats, {}, "conflict", /has a server named "a" that runs.*--server-name/s);
    await backend.close();
    await works(nats, { replicas: "auto" });
  });

  test("a stream that would drop records is refused", async () => {
    await using nats = await NatsServer.start();
    const backend = await open(nats);
    const wrong: [string, object, RegExp][] = [
      ["age", { max_age: 3600e9 }, /drops what is older than 3600 s/],
      ["old", { max_bytes: 1e6, discard: "old" }, /drops the oldest when it has 1000000 bytes/],
      ["each", { max_msgs_per_subject: 5 }, /keeps 5 messages of a subject/],
      ["memory", { storage: "memory" }, /kept in memory/],
      ["queue", { retention: "workqueue" }, /its retention is "workqueue"/],
      ["roll", { allow_rollup_hdrs: true }, /replace all others/],
      ["ack", { no_ack: true }, /acknowledges nothing/],
      ["more", { subjects: ["octopus.test.more.log", "other"] }, /holds the subjects/],
    ];
    for (const [shard, settings, words] of wrong) {
      const name = `OCTOPUS_test_${shard}`;
      const config = {
        name,
        subjects: [`octopus.test.${shard}.log`],
        storage: "file",
        retention: "limits",
        ...settings,
      };
      await backend.link.ask(`STREAM.CREATE.${name}`, { num_replicas: 1, max_msgs: -1, max_bytes: -1, ...config });
      await assert.rejects(backend.shard(shard), (error) => {
        assert.match((error as Error).message, words);
        return error instanceof OctopusError && error.code === "conflict";
      });
    }
    await backend.close();
  });

  test("an account that is full is told as such, and goes on when it has room again", async () => {
    const account = "accounts { A: { jetstream: { max_store: 8MB }, users: [{ user: o, password: p }] } }";
    await using nats = await NatsServer.start([], { config: account });
    const some = { user: "o", password: "p", outputBytesMax: 1024 * 1024 };
    const backend = await open(nats, some);
    const { log } = await backend.shard("default");
    const record = new Uint8Array(900_000);
    let last = 0;
    await assert.rejects(
      async () => {
        for (; last < 20; last++) assert.equal(await log.append(record, last), "appended");
      },
      (error) => {
        assert.ok(error instanceof OctopusError, String(error));
        assert.match(error.message, /more room/);
        return error.code === "storage_full" && error.retryable;
      },
    );
    assert.ok(last > 2);
    assert.deepEqual(await log.range(), { first: 1, last });
    await log.trim(last);
    // The server counts wrong now (NL-3): what is right is taken nevertheless, and what is not is refused.
    assert.equal(await log.append(record, last - 1), "refused");
    assert.equal(await log.append(record, last + 1), "refused");
    assert.equal(await log.append(record, last), "appended");
    assert.equal(await log.append(record, last), "refused");
    assert.equal(await log.append(record, last + 1), "appended");
    assert.deepEqual(await log.range(), { first: last, last: last + 2 });
    await backend.close();
  });

  test("the permissions that the documentation gives a server are enough", async () => {
    const pages = readFileSync(new URL("../../../docs/reference/nats-subjects.md", import.meta.url), "utf8");
    const [, given] = /```text\n(\{ user: octopus[^]*?)```/.exec(pages)!;
    const config = `authorization { users: [${given!.replaceAll(/([._])main/g, "$1test").replace("$OCTOPUS", "p")}] }`;
    await using nats = await NatsServer.start([], { config });
    const said: string[] = [];
    const some: Some = { user: "octopus", password: "p", say: (_level, words) => void said.push(words) };
    const [a, b] = await Promise.all([open(nats, some), open(nats, { ...some, server: "b" })]);
    const { log, seat, output } = await a.shard("default");
    for (let last = 0; last < 30; last++) assert.equal(await log.append(new Uint8Array(9), last), "appended");
    let count = 0;
    for await (const records of (await b.shard("default")).log.read(1)) count += records.length;
    assert.equal(count, 30);
    await log.trim(20);
    assert.notEqual(await seat.take("a", 0), undefined);
    await a.values.set("v/1", "x");
    assert.equal((await b.values.list("v/")).length, 1);
    await a.objects.put("o/1", Readable.from([Buffer.from("content")]));
    assert.equal((await b.objects.list("o/")).length, 1);
    for await (const chunk of (await b.objects.get("o/1"))!) assert.equal(Buffer.from(chunk).toString(), "content");
    await b.objects.remove("o/1");
    output.publish([{ task: 1, attempt: 1, stream: "stdout", at: 1, text: "x" }]);
    await output.flush();
    const stop = b.bus.accept((stream) => stream.on("error", () => {}).pipe(stream));
    const stream = a.bus.connect("b");
    stream.end("hello");
    for await (const chunk of stream) assert.equal(String(chunk), "hello");
    stop();
    await fails(nats, { ...some, connectWithinMs: 100 }, "conflict", /has a server named "a" that runs/);
    await Promise.all([a.close(), b.close()]);
    assert.deepEqual(said, []);
  });

  test("permissions that are missing are named", async () => {
    const user = (permissions: string): string => `authorization { users: [{ user: o, password: p, ${permissions} }] }`;
    const may = 'permissions: { publish: { allow: [">"], deny: ["octopus.test.default.log"] } }';
    await using nats = await NatsServer.start([], { config: user(may) });
    const backend = await open(nats, { user: "o", password: "p" });
    const { log } = await backend.shard("default");
    await assert.rejects(log.append(new Uint8Array(1), 0), (error) => {
      assert.match((error as Error).message, /may not publish to "octopus\.test\.default\.log"/);
      return error instanceof OctopusError && error.code === "forbidden" && !error.retryable;
    });
    // A word that may not be said is told once, and does no harm.
    const said: string[] = [];
    const deny = 'permissions: { publish: { allow: [">"], deny: ["octopus.test.bus.>"] } }';
    await using third = await NatsServer.start([], { config: user(deny) });
    const say = (_level: string, words: string): unknown => said.push(words);
    const quiet = await open(third, { user: "o", password: "p", say });
    for (let n = 0; n < 20; n++) quiet.bus.publish("shard/default/leader", n);
    await quiet.values.get("nothing");
    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0]!, /may not publish to "octopus\.test\.bus\.shard\.default\.leader"/);
    await Promise.all([quiet.close(), backend.close()]);
    const none = 'permissions: { publish: { deny: ["$JS.API.STREAM.CREATE.>"] } }';
    await using second = await NatsServer.start([], { config: user(none) });
    const words = /may not publish to "\$JS\.API\.STREAM\.CREATE\.KV_octopus_test"/;
    await fails(second, { user: "o", password: "p" }, "forbidden", words);
  });
});
