// Two servers of a cluster over real sockets: what one of them passes on to the other, and what it answers itself.
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { openAudit } from "../../store/audit.ts";
import type { AccessOptions } from "../options.ts";
import { type Harness, post, startHarness } from "../testing/harness.ts";
import { helloOf, RawWorker } from "../testing/raw-worker.ts";
import { MadeCluster } from "./testing.ts";

interface Pair extends AsyncDisposable {
  cluster: MadeCluster;
  a: Harness;
  b: Harness;
}

function access(isOn: boolean): AccessOptions {
  const refusals = { limit: 20, perMs: 60_000, burst: 20 };
  const audit = openAudit(":memory:");
  return { isOn, connectionsMax: 1000, requests: null, refusals, workers: null, audit, auditKeepMs: 86_400_000 };
}

/** Two servers, of which `a` leads. Each has an engine of its own, so that it is seen which of them was asked. */
async function startPair({ isOn = false, position = 0 } = {}): Promise<Pair> {
  const cluster = new MadeCluster();
  const a = await startHarness({
    cluster: await cluster.door("a", {
      position: () => ({ seq: position, epoch: 2 }),
      urls: () => ["http://10.0.0.1:8000", "http://10.0.0.2:8000"],
    }),
    access: access(isOn),
  });
  const b = await startHarness({ cluster: await cluster.door("b"), access: access(isOn) });
  cluster.leads("a");
  return {
    ...{ cluster, a, b },
    async [Symbol.asyncDispose]() {
      cluster[Symbol.dispose]();
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
    },
  };
}

const task = { shell: "true" };
const TASKS = "/api/v1/tasks";

test("what changes something goes to the leader, and the answer says how far that was; reads stay here", async () => {
  await using pair = await startPair({ position: 17 });
  const { a, b } = pair;
  const made = await b.ask(TASKS, post({ ...task, id: "one" }));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.headers.get("octopus-sequence"), "default:17:2");
  assert.deepEqual([a.count(), b.count()], [1, 0]);
  const read = await b.ask(`${TASKS}/one`);
  assert.equal(read.status, 404, "a replica answers reads from what it has");
  assert.equal(read.headers.get("octopus-sequence"), "default:0:0");
  assert.equal((await b.ask("/api/v1/arms/builds", { ...post({ maxParallel: 3 }), method: "PUT" })).status, 200);
  assert.equal(a.engine.arm("builds")?.maxParallel, 3);
});

test("bodies of any length and refusals pass through as they are", async () => {
  await using pair = await startPair();
  const { a, b } = pair;
  const lines = Array.from({ length: 20_000 }, (_, at) => JSON.stringify({ ...task, id: `many-${at}` })).join("\n");
  const made = await b.ask(TASKS, post(lines, "application/x-ndjson"));
  assert.equal(made.body.count, 20_000);
  assert.equal(a.count(), 20_000);
  const refused = await b.ask(TASKS, post({ type: 7 }));
  assert.deepEqual([refused.status, refused.body.code], [422, "invalid"]);
  const torn = await b.ask(TASKS, post("{"));
  assert.deepEqual([torn.status, torn.body.code], [400, "malformed"]);
});

test("a worker that connects to any server works for the leader", async () => {
  await using pair = await startPair();
  const { a, b } = pair;
  const worker = await RawWorker.open(b.url);
  worker.socket.send(JSON.stringify([helloOf("far")]));
  while (!worker.received.some(({ type }) => type === "welcome")) await new Promise(setImmediate);
  const [welcome] = worker.received;
  assert.ok(welcome?.type === "welcome");
  assert.deepEqual(welcome.servers, ["http://10.0.0.1:8000", "http://10.0.0.2:8000"]);
  assert.deepEqual([a.engine.workers().map(({ name }) => name), b.engine.workers()], [["far"], []]);
  const closed = once(worker.socket, "close");
  pair.cluster.cut();
  await closed;
});

test("nobody leads: it is waited for, and a request that waited is served by whoever leads then", async () => {
  await using pair = await startPair();
  const { cluster, a, b } = pair;
  cluster.leads(undefined);
  const waiting = b.ask(TASKS, post({ ...task, id: "late" }));
  cluster.leads("a");
  assert.equal((await waiting).status, 201);
  cluster.leads(undefined);
  const here = b.ask(TASKS, post({ ...task, id: "later" }));
  cluster.leads("b");
  assert.equal((await here).status, 201);
  assert.deepEqual([a.count(), b.count()], [1, 1]);
});

test("a leader that hangs is left behind when another leads: what may be repeated is, the rest is told", async () => {
  await using pair = await startPair();
  const { cluster, b } = pair;
  // It takes connections and never says a word.
  await cluster.door("mute");
  cluster.leads("mute");
  const named = b.ask(TASKS, post({ ...task, id: "once" }));
  const nameless = b.ask(TASKS, post(task));
  const status = b.ask("/api/v1/status");
  while (cluster.sockets.size < 3) await new Promise(setImmediate);
  cluster.leads("a");
  assert.equal((await named).status, 201);
  assert.equal((await status).status, 200);
  const told = await nameless;
  assert.deepEqual([told.status, told.body.code], [504, "outcome_unknown"]);
  assert.match(told.body.detail, /whether it did what was asked is not known/);
});

test("a server that leads no more says so, and the request goes to the next one", async () => {
  await using pair = await startPair();
  const { cluster, a, b } = pair;
  const early = new MadeCluster();
  // This one still believes that b leads, which knows better.
  const c = await startHarness({
    cluster: await early.door("c", { connect: (to) => cluster.connect(to) }),
  });
  early.leads("b");
  const asked = c.ask(TASKS, post(task));
  while (cluster.sockets.size === 0) await new Promise(setImmediate);
  early.leads("a");
  assert.equal((await asked).status, 201);
  assert.deepEqual([a.count(), b.count()], [1, 0]);
  await c[Symbol.asyncDispose]();
  early[Symbol.dispose]();
});

test("with tokens the leader looks at them, hears the client's address, and believes what a server lent", async () => {
  await using pair = await startPair({ isOn: true });
  const { a, b } = pair;
  const as = (token: string, more: Record<string, string> = {}) => ({
    ...post(task),
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...more },
  });
  const none = await b.ask(TASKS, post(task));
  assert.deepEqual([none.status, none.body.code], [401, "unauthorized"]);
  const lent = b.server.lend({ who: "near b", role: "submitter" });
  assert.equal((await b.ask(TASKS, as(lent.token))).status, 201);
  const far = a.server.lend({ who: "near a", role: "viewer" });
  const refused = await b.ask(TASKS, as(far.token));
  assert.deepEqual([refused.status, refused.body.code], [403, "forbidden"]);
  // Only the leader knows it: so it answers the read, too.
  const read = await b.ask("/api/v1/arms", { headers: { authorization: `Bearer ${far.token}` } });
  assert.equal(read.status, 200);
  lent.end();
  assert.equal((await b.ask(TASKS, as(lent.token))).status, 401);
  const admin = a.server.lend({ who: "the test", role: "admin" }).token;
  const { body } = await a.ask("/api/v1/audit", { headers: { authorization: `Bearer ${admin}` } });
  const addresses = new Set(body.items.map(({ address }: { address?: string }) => address));
  assert.deepEqual([...addresses], ["127.0.0.1"]);
});

test("nobody but a server is believed when he says for whom he speaks", async () => {
  await using pair = await startPair({ isOn: true });
  const { a, b } = pair;
  const said = JSON.stringify({ address: "10.1.1.1", principal: { who: "me", role: "admin" } });
  for (const one of [a, b]) {
    const answer = await one.ask(TASKS, {
      ...post(task),
      headers: { "content-type": "application/json", "octopus-forwarded": said },
    });
    assert.equal(answer.status, 401);
  }
  assert.deepEqual([a.count(), b.count()], [0, 0]);
});

test("the audit log of all servers is read at any of them, page by page", async () => {
  using cluster = new MadeCluster();
  const [one, two] = [openAudit(":memory:"), openAudit(":memory:")];
  const row = (at: number, who: string) => ({ at, who, action: "arm.set", outcome: "done", times: 1 }) as const;
  one.append([row(1000, "a1"), row(3000, "a2"), row(5000, "a3")]);
  two.append([row(2000, "b1"), row(4000, "b2")]);
  await using a = await startHarness({ cluster: await cluster.door("a"), access: { ...access(false), audit: one } });
  await using b = await startHarness({ cluster: await cluster.door("b"), access: { ...access(false), audit: two } });
  cluster.leads("a");
  for (const asked of [a, b]) {
    const seen: string[] = [];
    for (let next: string | undefined = ""; next !== undefined;) {
      const cursor: string = next === "" ? "" : `&cursor=${next}`;
      const { status, body } = await asked.ask(`/api/v1/audit?limit=2&action=arm${cursor}`);
      assert.equal(status, 200, JSON.stringify(body));
      seen.push(...body.items.map(({ who, server }: { who: string; server: string }) => `${who}@${server}`));
      next = body.next;
    }
    assert.deepEqual(seen, ["a3@a", "b2@b", "a2@a", "b1@b", "a1@a"]);
  }
  // One that is not there is named.
  await cluster.door("mute", {});
  const { body } = await b.ask("/api/v1/audit");
  assert.deepEqual([body.items.length, body.missing], [5, ["mute"]]);
});

test("a client that goes takes its request along", async () => {
  await using pair = await startPair();
  const { cluster, b } = pair;
  await cluster.door("mute");
  cluster.leads("mute");
  const request = httpRequest(`${b.url}${TASKS}`, { method: "POST", headers: { "content-type": "application/json" } });
  request.on("error", () => undefined);
  request.write("{");
  while (cluster.sockets.size === 0) await new Promise(setImmediate);
  request.destroy();
  while (cluster.sockets.size > 0) await new Promise(setImmediate);
});

test("a read that names more than this replica has waits for it, and is refused when it does not come", async () => {
  await using cluster = await readingCluster();
  const { h, comes } = cluster;
  const ask = (after: string) => h.ask("/api/v1/arms", { headers: { "octopus-after": after } });
  assert.equal((await ask("default:3")).status, 200);
  assert.equal((await ask("other:99")).status, 200, "another shard is not ours to wait for");
  const waiting = ask("default:9");
  comes(true);
  assert.equal((await waiting).status, 200);
  const refused = ask("default:9");
  comes(false);
  const { status, body } = await refused;
  assert.deepEqual([status, body.code], [503, "not_ready"]);
  assert.match(body.detail, /applied record 3:2 and was asked for what stands at 9:2/);
  // An epoch that is over was settled; one that is still to come is waited for.
  assert.equal((await ask("default:1000:1")).status, 200);
  const coming = ask("default:1:3");
  comes(true);
  assert.equal((await coming).status, 200);
});

async function readingCluster() {
  const cluster = new MadeCluster();
  const waits: ((is: boolean) => void)[] = [];
  const door = await cluster.door("a", {
    position: () => ({ seq: 3, epoch: 2 }),
    waitFor: () => new Promise((resolve) => waits.push(resolve)),
  });
  const h = await startHarness({ cluster: door });
  return {
    h,
    comes(is: boolean) {
      const look = (): void => {
        const next = waits.shift();
        if (next === undefined) setImmediate(look);
        else next(is);
      };
      look();
    },
    async [Symbol.asyncDispose]() {
      await h[Symbol.asyncDispose]();
      cluster[Symbol.dispose]();
    },
  };
}
