// Workers with a key instead of a token, against a real server: who is let in, who waits, who is turned away.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEntry } from "../../engine/ports.ts";
import type { AccessOptions } from "../options.ts";
import { startWithAccess } from "../access/testing.ts";
import { type Harness, startHarness } from "../testing/harness.ts";
import { drawKey, helloOf, RawWorker } from "../testing/raw-worker.ts";
import { keyFingerprint } from "./challenge.ts";

/** A server that asks for tokens, and what it would write into the audit log. */
async function startGuarded(change: Partial<AccessOptions> = {}): Promise<Harness & { audit: AuditEntry[] }> {
  const audit: AuditEntry[] = [];
  const access: AccessOptions = {
    ...{ isOn: true, connectionsMax: 1000, requests: null, workers: null, auditKeepMs: 1e9 },
    refusals: { limit: 100, perMs: 60_000, burst: 100 },
    audit: { append: (rows) => void audit.push(...rows), read: () => ({ items: [] }), prune: () => {} },
    ...change,
  };
  const harness = await startHarness({ access });
  return Object.assign(harness, { audit });
}

/** A person with the right to let workers in. */
function person(h: Harness): (method: string, path: string, body?: object) => ReturnType<Harness["ask"]> {
  const { token } = h.server.lend({ who: "anna", role: "operator" });
  return (method, path, body) =>
    h.ask(`/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
}

test("a worker with a key waits until a person lets it in, and then needs nobody any more", async () => {
  await using h = await startGuarded();
  const ask = person(h);
  const key = drawKey();
  const first = await RawWorker.knock(h.url, key, helloOf("box"));
  assert.equal(first.headers["octopus-challenge"], "1");
  const refuse = await first.hears("refuse");
  assert.deepEqual([refuse.retryable, refuse.waits], [true, true]);
  assert.match(refuse.reason, /waits to be let in: on the server, `octopus workers approve box` lets it in/);
  assert.ok(refuse.reason.includes(keyFingerprint(key.text)));
  assert.equal((await first.ended())[0], 1008);

  const waiting = (await ask("GET", "/workers/waiting")).body.items;
  assert.deepEqual(
    waiting.map(({ name, fingerprint, host }: Record<string, string>) => [name, fingerprint, host]),
    [["box", keyFingerprint(key.text), "here"]],
  );
  const approved = await ask("POST", "/workers/box/approve", {});
  assert.deepEqual(approved.body, { name: "box", key: key.text, fingerprint: keyFingerprint(key.text) });
  assert.deepEqual((await ask("GET", "/workers/waiting")).body.items, []);

  const second = await RawWorker.knock(h.url, key, helloOf("box"));
  const welcome = await second.hears("welcome");
  const seen = (await ask("GET", "/workers/box")).body;
  assert.deepEqual(
    [seen.state, seen.keys[0].fingerprint, seen.address],
    ["online", keyFingerprint(key.text), "127.0.0.1"],
  );

  // What it sends over HTTP needs a token: it got one for as long as its connection stands, and for itself alone.
  const beat = (name: string) =>
    h.ask(`/api/v1/workers/${name}/beat`, {
      method: "POST",
      headers: { authorization: `Bearer ${welcome.token}`, "content-type": "application/json" },
      body: JSON.stringify({ session: welcome.session }),
    });
  assert.equal((await beat("box")).status, 204);
  assert.equal((await beat("other")).status, 403);

  const ended = second.ended();
  await ask("POST", "/workers/box/deny", {});
  assert.match((await second.hears("refuse")).reason, /not trusted any more/);
  await ended;
  assert.equal((await beat("box")).status, 401);
  const third = await RawWorker.knock(h.url, key, helloOf("box"));
  assert.equal((await third.hears("refuse")).retryable, false);
  await h.server.close(0);
  const actions = h.audit.map(({ action, subject }) => `${action} ${subject}`);
  for (const row of ["refused.key box", "worker.approve box", "worker.deny box", "refused.worker box"])
    assert.ok(actions.includes(row), `${row} in ${actions.join(", ")}`);
});

test("a proof that is not its own, or was made for another connection or certificate, lets nobody in", async () => {
  await using h = await startGuarded();
  const key = drawKey();
  await h.engine.access.trustKey("box", key.text, "test");
  const overheard = await RawWorker.knock(h.url, key, helloOf("box"));
  await overheard.hears("welcome");

  const replay = await RawWorker.open(h.url, { "octopus-worker-key": key.text });
  await replay.hears("challenge");
  const old = overheard.received.find(({ type }) => type === "challenge") as never;
  replay.say(replay.proof(key, old, "box"), helloOf("box"));
  assert.match((await replay.hears("refuse")).reason, /does not fit its key, or was made for another connection/);

  const relayed = await RawWorker.open(h.url, { "octopus-worker-key": key.text });
  const challenge = await relayed.hears("challenge");
  relayed.say(relayed.proof(key, challenge, "box", "00".repeat(32)), helloOf("box"));
  assert.match((await relayed.hears("refuse")).reason, /does not fit its key/);

  const thief = await RawWorker.knock(h.url, drawKey(), helloOf("box"), { key: key.text });
  assert.match((await thief.hears("refuse")).reason, /does not fit its key/);

  const other = await RawWorker.open(h.url, { "octopus-worker-key": key.text });
  const asked = await other.hears("challenge");
  other.say(other.proof(key, asked, "box"), helloOf("attic"));
  assert.match((await other.ended())[1], /hello says "attic", the proof "box"/);

  const mute = await RawWorker.open(h.url, { "octopus-worker-key": key.text });
  mute.say(helloOf("box"));
  assert.match((await mute.ended())[1], /proof that was asked for/);
  assert.equal(h.engine.state.workers.size, 1);
});

test("somebody without a token or a key does not get a connection at all", async () => {
  await using h = await startGuarded();
  const answer = await h.raw(
    `GET /api/v1/worker HTTP/1.1\r\nHost: 127.0.0.1:${h.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  assert.match(answer, /^HTTP\/1.1 401/);
});

test("a second key for a name is told apart, and has to be named to be let in", async () => {
  await using h = await startGuarded();
  const ask = person(h);
  const [old, anew] = [drawKey(), drawKey()];
  await h.engine.access.trustKey("box", old.text, "test");
  await (await RawWorker.knock(h.url, anew, helloOf("box"))).hears("refuse");
  assert.equal((await ask("GET", "/workers/waiting")).body.items[0].conflict, true);
  const blind = await ask("POST", "/workers/box/approve", {});
  assert.deepEqual([blind.status, /has another key already/.test(blind.body.detail)], [409, true]);
  const named = await ask("POST", "/workers/box/approve", { key: keyFingerprint(anew.text) });
  assert.equal(named.status, 200);
  assert.equal((await ask("POST", "/workers/attic/approve", {})).status, 404);
  assert.equal(h.engine.access.keys("box").size, 2);
});

test("one address cannot fill the waiting room", async () => {
  await using h = await startGuarded();
  const ask = person(h);
  for (let i = 0; i < 25; i++) {
    const { reason } = await (await RawWorker.knock(h.url, drawKey(), helloOf(`w${i}`))).hears("refuse");
    assert.match(reason, i < 20 ? /waits to be let in/ : /too many workers of this address/);
  }
  assert.equal((await ask("GET", "/workers/waiting")).body.items.length, 20);
});

test("only named workers are let in where names are given, and no other waits to be", async () => {
  await using h = await startGuarded({ workers: ["box"] });
  const unwanted = await (await RawWorker.knock(h.url, drawKey(), helloOf("attic"))).hears("refuse");
  assert.deepEqual([unwanted.retryable, unwanted.waits], [false, undefined]);
  assert.match(unwanted.reason, /takes no worker named attic/);
  assert.deepEqual((await person(h)("GET", "/workers/waiting")).body.items, []);
  const { token } = h.server.lend({ who: "t", role: "worker" });
  const authorization = { authorization: `Bearer ${token}` };
  const stranger = await RawWorker.open(h.url, authorization);
  stranger.say(helloOf("attic"));
  assert.match((await stranger.hears("refuse")).reason, /takes no worker named attic/);
  await RawWorker.greet(h.url, helloOf("box"), authorization);
});

test("a name that was given to a key is not had by a token, unless that is for the name", async () => {
  await using h = await startGuarded();
  await h.engine.access.trustKey("box", drawKey().text, "anna");
  const by = (worker?: string) => ({
    authorization: `Bearer ${h.server.lend({ who: "t", role: "worker", worker }).token}`,
  });
  const stranger = await RawWorker.open(h.url, by());
  stranger.say(helloOf("box"));
  assert.match((await stranger.hears("refuse")).reason, /box is the name of a worker that has a key/);
  await RawWorker.greet(h.url, helloOf("box"), by("box"));
});

test("a token may be for one name and some arms; when it goes, its worker goes", async () => {
  await using h = await startGuarded();
  const hash = "0".repeat(64);
  await h.engine.access.createToken({
    token: "abcdefgh",
    name: "n",
    role: "worker",
    worker: "box",
    arms: ["a", "b"],
    hash,
  });
  const principal = { who: "abcdefgh", role: "worker", worker: "box", arms: ["a", "b"] } as const;
  const authorization = { authorization: `Bearer ${h.server.lend(principal).token}` };
  const other = await RawWorker.open(h.url, authorization);
  other.say(helloOf("attic"));
  assert.match((await other.hears("refuse")).reason, /its token is for a worker named box, not attic/);
  const worker = await RawWorker.greet(h.url, helloOf("box", { arms: ["b", "c"] }), authorization);
  assert.deepEqual(h.engine.fleet.worker("box")!.arms, ["b"]);
  await h.engine.access.revokeToken("abcdefgh");
  assert.match((await worker.hears("refuse")).reason, /its token was revoked/);
  await worker.ended();
  assert.notEqual(h.engine.fleet.worker("box")!.state, "online");
});

test("a worker whose token has expired is sent away with its next word, whatever that is", async () => {
  await using server = await startWithAccess();
  const { id, secret } = await server.token("worker", { expires: 1500 });
  const worker = await RawWorker.greet(server.url, helloOf("w"), { authorization: `Bearer ${secret}` });
  while (Date.now() <= server.engine.access.token(id)!.expiresAt!) await new Promise(setImmediate);
  worker.say({ type: "progress", task: 1, attempt: 1, value: 0.5 });
  assert.match((await worker.hears("refuse")).reason, /its token has expired/);
  await worker.ended();
});
