// Who gets in over NATS, and what those can do who say nonsense: a real NATS server, the real gateway and engine.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileServer } from "../../src/worker/nats/files.ts";
import { openKey } from "../../src/worker/worker-key.ts";
import { startWithAccess } from "../../src/server/access/testing.ts";
import { post, startHarness } from "../../src/server/testing/harness.ts";
import { recordSessions } from "../../src/server/testing/sessions.ts";
import { publish } from "../../src/nats/publish.ts";
import { Subjects } from "../../src/nats/subjects.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NatsCluster } from "./cluster.ts";
import { NatsServer, withoutNats } from "./server.ts";
import { HandNatsWorker, until } from "./worker.ts";

const skip = withoutNats();
const folder = mkdtempSync(join(tmpdir(), "octopus-nats-door-"));
let nats: NatsServer;
let clusters = 0;

before(async () => {
  if (skip === undefined) nats = await NatsServer.start();
});
after(async () => {
  await nats?.stop();
  rmSync(folder, { recursive: true });
});

/** A place of its own on the shared NATS. */
function draw() {
  const cluster = `door-${++clusters}`;
  const shared = { nats: { servers: [nats.address] }, cluster, shard: "default" };
  return {
    cluster,
    leads: (server: string, term: number) => ({ ...shared, server, term }),
    worker: (name: string, more: object = {}) => new HandNatsWorker({ nats: nats.address, cluster, name, ...more }),
    subjects: new Subjects(cluster, "default"),
  };
}

test("a token lets a worker in without being sent, a wrong one is refused with words and noted", { skip }, async () => {
  await using h = await startWithAccess();
  const { leads, worker, cluster } = draw();
  const workers = await h.server.workersOverNats(leads("s1", 1));
  const client = await nats.client();
  const seen: string[] = [];
  client.subscribe(`octopus.${cluster}.>`, { callback: (_error, message) => void seen.push(message.string()) });
  await client.flush();

  const { secret } = await h.token("worker", { worker: "w1" });
  const wrong = `${secret.slice(0, -4)}zzzz`;
  await using good = await worker("w1", { shown: { token: secret } }).welcome();
  for (const [name, shown, words] of [
    ["w2", { token: wrong }, /token is not known here/],
    ["w2", { token: "no token at all" }, /token is not known here/],
    ["w2", {}, /asks for a token/],
    ["w2", { token: (await h.token("viewer")).secret }, /role viewer/],
  ] as const) {
    await using one = worker(name, { shown });
    await until("the refusal", () => one.forbidden.length > 0);
    assert.match(one.forbidden[0]!, words);
    assert.equal(one.heard("welcome"), 0);
  }
  // A token that is bound to a name brings no other one.
  await using other = worker("w3", { shown: { token: secret } });
  await until("the refusal", () => other.heard("refuse") > 0);
  assert.equal(workers.counts.refused, 4);
  const rows = await h.rows();
  const actions = rows.filter(({ address }) => address === "nats").map(({ action }) => action);
  assert.deepEqual([...new Set(actions)].toSorted(), ["refused.role", "refused.token", "refused.worker"]);
  assert.ok(seen.length > 0);
  assert.ok(!seen.some((text) => text.includes(secret) || text.includes(secret.split("_")[2]!)));

  // What was good a moment ago is not: the session ends, and it is said why.

  await h.engine.access.revokeToken(secret.split("_")[1]!);

  await until("the end of it", () => good.heard("refuse") > 0);
  await until("not let in again", () => good.forbidden.length > 0);
  assert.match(good.forbidden[0]!, /revoked/);
  await client.close();
});

test("a worker with a key waits until a person lets it in", { skip }, async () => {
  await using h = await startWithAccess();
  const { leads, worker } = draw();
  await h.server.workersOverNats(leads("s1", 1));
  const key = openKey(folder);
  const admin = (await h.token("admin")).secret;
  await using one = worker("keyed", { shown: { key } });
  await until("it waits", () => one.received.some((message) => message.type === "refuse" && message.waits === true));
  const waiting = await h.as(admin, "GET", "/api/v1/workers/waiting");
  assert.deepEqual(
    waiting.body.items.map(({ name, address }: Record<string, unknown>) => [name, address]),
    [["keyed", "nats"]],
  );
  await h.as(admin, "POST", "/api/v1/workers/keyed/approve", {});
  await one.welcome();
  // Its session is what shows who it is: no token is lent to it where others may read along.
  assert.ok(!one.received.some((message) => message.type === "welcome" && message.token !== undefined));
  assert.equal(await ask(one, { method: "PUT", path: "/api/v1/artifacts" }, "x".repeat(2_000_000)), 413);
  assert.equal(await ask(one, { method: "PUT", path: "/api/v1/artifacts" }, "x".repeat(500_000)), 201);
  assert.equal(await ask(one, { method: "GET", path: "/api/v1/tasks" }), 403);
});

test(
  "two workers of one name: the one that lives keeps it; one that is gone without a word gives way at once",
  { skip },
  async () => {
    await using h = await startHarness();
    const { leads, worker } = draw();
    await h.server.workersOverNats(leads("s1", 1));
    const first = await worker("twin", { hello: { instance: "a" } }).welcome();
    const second = worker("twin", { hello: { instance: "b" } });
    const refused = () => second.received.find((message) => message.type === "refuse");
    await until("the second is refused", () => refused() !== undefined);
    assert.match(refused()!.reason, /is connected already/);
    assert.equal(first.hellos, 1, "the first was not disturbed");
    // As when its process is killed: its connection to NATS ends, and nothing is said.
    const before = performance.now();
    const welcomed = second.welcome();
    await cut(first);
    await welcomed;
    assert.ok(performance.now() - before < 20_000);
    await second.link.leave();
  },
);

/** The status of an answer to a request over the session of this worker. */
function ask(worker: HandNatsWorker, { path, method }: { path: string; method: string }, body = ""): Promise<number> {
  const files = fileServer(() => worker.link.session?.stream());
  return new Promise((resolve, reject) => {
    const sent = files.request(path, { method, headers: { "content-length": body.length } });
    sent.on("response", (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Ends the connection of a worker without a word of its session. */
async function cut(worker: HandNatsWorker): Promise<void> {
  worker.place.publish = () => {};
  await worker.link.leave();
}

test("rubbish on every subject is counted, noted and changes nothing", { skip }, async () => {
  await using h = await startWithAccess({ isOn: false });
  const { leads, worker, subjects, cluster } = draw();
  const workers = await h.server.workersOverNats(leads("s1", 1));
  await using honest = await worker("honest").welcome();
  const client = await nats.client();
  const seen = new Set<string>();
  client.subscribe(`octopus.${cluster}.>`, { callback: (_error, { subject }) => void seen.add(subject) });
  await client.flush();
  honest.say({ type: "heartbeat", load: 0, rssBytes: 1, active: 0 });
  await until("its subject", () => [...seen].some((subject) => subject.includes(".up.")));
  const [, , , , , , epoch, link] = [...seen].find((subject) => subject.includes(".up."))!.split(".");
  const mark = { epoch: epoch!, link: link! };
  const rubbish = ["", "no json", "[]", "{}", "null", "[1]", '{"wire":1}', "\u0000\u0001", "x".repeat(10_000)];
  for (const data of rubbish) {
    client.publish(subjects.open("honest"), data);
    client.publish(subjects.open("stranger"), data);
    client.publish(subjects.open("%"), data);
    for (const kind of ["hello", "result", "nobody", "pong", "beat", "what"]) {
      client.publish(subjects.up("stranger", mark, kind), data);
      client.publish(subjects.up("stranger", { epoch: epoch!, link: "0" }, kind), data);
    }
    client.publish(subjects.leader(), data);
  }
  await client.flush();
  await until("they were counted", () => workers.counts.garbage >= rubbish.length * 3);
  // The worker beside it was not disturbed: its work goes on in the same session.
  const { body } = await h.ask("/api/v1/tasks", post({ call: "f" }));
  await until("its work", () => honest.heard("assign") === 1);
  honest.say({ type: "result", n: 1, task: 1, attempt: 1, report: { outcome: "succeeded", result: 7 } });
  await until("its end", async () => (await h.ask(`/api/v1/tasks/${body.id}`)).body.state === "succeeded");
  assert.equal(honest.hellos, 1);
  assert.ok((await h.rows()).some(({ action, address }) => action === "refused.frame" && address === "nats"));

  // Whoever asks for a sign in a session that is over, and has not heard of its end, hears of it.
  const over = { epoch: epoch!, link: "feedbeeffeedbeef" };
  publish(client, { subject: subjects.up("honest", over, "ping"), data: "", header: "7 0 -" });
  await until("the end of it", () => seen.has(subjects.down("honest", over, "end")));

  // Rubbish within its own session, as if by itself: that one ends, it comes again, and nothing was believed.
  publish(client, { subject: subjects.up("honest", mark, "result"), data: "[]", header: "7000 0 -" });
  await honest.welcome(2);
  await client.close();
});

test(
  "what was lost on the way ends the session on both sides, and is said again on the next one",
  { skip },
  async () => {
    await using h = await startHarness();
    const sessions = recordSessions(h.engine);
    const { leads, worker } = draw();
    await h.server.workersOverNats(leads("s1", 1));
    await using one = worker("w");
    await until("hello", () => sessions[0]?.received.length === 1);
    const { place } = one;
    const whole = place.publish.bind(place);
    // The next message goes nowhere.
    place.publish = () => void (place.publish = whole);
    one.say({ type: "progress", task: 1, attempt: 1, value: 1 });
    one.say({ type: "progress", task: 1, attempt: 1, value: 2 });
    await until("another session", () => sessions.length === 2);
    assert.equal(sessions[0]!.received.length, 1, "nothing is heard after a gap");
    assert.equal(sessions[0]!.closed, 1);
    await until("its words", () => one.downs.some((words) => /lost/.test(words)));
  },
);

test("a worker that reads nothing is cut off, and its server is not held up by it", { skip }, async () => {
  await using h = await startHarness();
  const sessions = recordSessions(h.engine);
  const { leads, worker } = draw();
  await h.server.workersOverNats(leads("s1", 1));
  await using one = worker("deaf");
  await until("hello", () => sessions[0]?.received.length === 1);
  // It says no more what it has seen.
  one.place.publish = () => {};
  const reason = "x".repeat(1024 * 1024);
  for (let n = 0; n < 80 && sessions[0]!.closed === 0; n++) {
    sessions[0]!.port.send([{ type: "refuse", reason, retryable: true }]);
    await new Promise(setImmediate);
  }
  await until("it is cut off", () => sessions[0]!.closed === 1);
});

test(
  "when another server leads, workers come to it at once, and the one before hears nothing more",
  { skip },
  async () => {
    await using first = await startHarness();
    await using second = await startHarness();
    const sessions = [recordSessions(first.engine), recordSessions(second.engine)] as const;
    const { leads, worker } = draw();
    await first.server.workersOverNats(leads("a", 1));
    await using one = worker("w");
    await until("hello at the first", () => sessions[0][0]?.received.length === 1);
    // The first one does not know yet that it leads no more.
    const next = await second.server.workersOverNats(leads("b", 2));
    await until("hello at the second", () => sessions[1][0]?.received.length === 1);
    one.say({ type: "progress", task: 1, attempt: 1, value: 1 });
    await until("its word there", () => sessions[1][0]!.received.length === 2);
    assert.equal(sessions[0][0]!.received.length, 1);
    // A clean end: the worker hears of it, and comes to whoever leads next.
    await next.close();
    assert.equal(sessions[1][0]!.closed, 1);
    await until(
      "hello at the one that is left",
      () => sessions[0].length > 1 && sessions[0].at(-1)!.received.length > 0,
    );
  },
);

test(
  "when the server's NATS is killed and the worker's is not, the worker hears of it, and comes again",
  { skip },
  async () => {
    const cluster = await NatsCluster.start(3);
    try {
      await using h = await startHarness();
      const sessions = recordSessions(h.engine);
      const shared = { cluster: "three", shard: "default", server: "a", term: 1 };
      await h.server.workersOverNats({ ...shared, nats: { servers: [cluster.addresses[0]!] } });
      await using one = new HandNatsWorker({ nats: cluster.addresses[1]!, cluster: "three", name: "w" });
      await until("hello", () => sessions[0]?.received.length === 1);
      // Three heartbeats of silence are longer than the test waits: it is not by them that it sees the end.
      const [heartbeatMs, leaseMs] = [600_000, 1_200_000];
      sessions[0]!.port.send([{ type: "welcome", session: "s1", heartbeatMs, leaseMs }]);
      await one.welcome();
      await cluster.nodes[0]!.kill();
      await until("hello again", () => sessions.length > 1 && sessions.at(-1)!.received.length > 0);
      assert.equal(sessions[0]!.closed, 1);
      one.say({ type: "progress", task: 1, attempt: 1, value: 1 });
      await until("its word", () => sessions.at(-1)!.received.length === 2);
    } finally {
      await cluster.stop();
    }
  },
);
