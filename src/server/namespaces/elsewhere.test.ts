/** Namespaces on two servers of a cluster: led elsewhere, or not even kept here. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterDoor, Leader } from "../cluster-door.ts";
import { MadeCluster } from "../forward/testing.ts";
import type { Log } from "../options.ts";
import { post } from "../testing/harness.ts";
import { helloOf, RawWorker } from "../testing/raw-worker.ts";
import { passOn } from "./elsewhere.ts";
import { type NamespacesHarness, startNamespaces } from "./testing.ts";

const TASKS = "/ns/team-a/api/v1/tasks";
const task = { shell: "true" };
const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Who leads team-a; `default` is led by `a`. */
class Lead {
  server: string | undefined = "a";
  readonly #listeners = new Set<() => void>();

  pass(server: string | undefined): void {
    this.server = server;
    for (const listener of this.#listeners) listener();
  }

  door(of: ClusterDoor): ClusterDoor {
    const leader = (): Leader | undefined =>
      this.server === undefined ? undefined : { server: this.server, term: 1, isHere: this.server === of.server };
    return {
      ...{ ...of, shard: "team-a", leader },
      onLeader: (listener) => {
        const call = (): void => listener(leader());
        this.#listeners.add(call);
        return () => this.#listeners.delete(call);
      },
      accept: () => assert.fail("streams come by the main server"),
    };
  }
}

interface Pair extends AsyncDisposable {
  lead: Lead;
  a: NamespacesHarness;
  b: NamespacesHarness;
}

/** Both keep team-a; or `b` does not, and passes everything on. */
async function startPair({ isOn = false, isKept = true } = {}): Promise<Pair> {
  const cluster = new MadeCluster();
  const lead = new Lead();
  const doors = { a: await cluster.door("a"), b: await cluster.door("b") };
  const start = (door: ClusterDoor): Promise<NamespacesHarness> =>
    startNamespaces(["team-a"], {
      ...{ isOn, main: { cluster: door }, each: () => ({ cluster: lead.door(door) }) },
      ...(!isKept && door === doors.b && { find: () => passing }),
    });
  const [a, b] = [await start(doors.a), await start(doors.b)];
  const passing = passOn({ name: "team-a", way: lead.door(doors.b), main: b.server.main, log });
  cluster.leads("a");
  return {
    ...{ lead, a, b },
    async [Symbol.asyncDispose]() {
      passing.close();
      cluster[Symbol.dispose]();
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
    },
  };
}

function tasksIn({ open }: NamespacesHarness): number {
  const { counts } = open.get("team-a")!.engine.status();
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

for (const isKept of [true, false])
  test(`what is asked of a namespace reaches its leader; kept here: ${isKept}`, async () => {
    await using pair = await startPair({ isKept });
    const { a, b, lead } = pair;
    const made = await b.ask(TASKS, post({ ...task, id: "one" }));
    assert.deepEqual([made.status, made.headers.get("location")], [201, `${TASKS}/one`], JSON.stringify(made.body));
    assert.match(made.headers.get("octopus-sequence")!, /^team-a:/);
    assert.deepEqual([tasksIn(a), tasksIn(b), a.count(), b.count()], [1, 0, 0, 0]);
    assert.equal((await b.ask(`${TASKS}/one`)).status, isKept ? 404 : 200, "a replica reads what it has");
    assert.equal((await b.ask("/ns/team-a/api/v1/status")).body.counts.queued, 1, "the leader is asked");

    const worker = await RawWorker.greet(`${b.url}/ns/team-a`, helloOf("w"));
    assert.equal(a.open.get("team-a")!.engine.status().workers.length, 1);
    worker.socket.close();

    // Nobody leads for a moment, and then this server does, which it did not keep a copy of when it was asked.
    lead.pass(undefined);
    const waiting = b.ask(TASKS, post({ ...task, id: "two" }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (isKept) {
      lead.pass("b");
      assert.equal((await waiting).status, 201);
      assert.equal(tasksIn(b), 1);
    } else {
      lead.pass("a");
      assert.equal((await waiting).status, 201);
      assert.equal(tasksIn(a), 2);
      // It is believed to lead, and keeps no copy: that goes in no circle, and is mended by the next word of who leads.
      lead.pass("b");
      const again = b.ask(TASKS, post({ ...task, id: "three" }));
      await new Promise((resolve) => setTimeout(resolve, 150));
      lead.pass("a");
      assert.equal((await again).status, 201);
    }
  });

for (const isKept of [true, false])
  test(`who asks in a namespace is judged where it is led; kept here: ${isKept}`, async () => {
    await using pair = await startPair({ isOn: true, isKept });
    const { a, b } = pair;
    const post = async (token: string | undefined): Promise<number> => (await b.as(token, "POST", TASKS, task)).status;
    const ofA = (await a.token("team-a", "submitter")).secret;
    const operator = (await a.token(undefined, "admin")).secret;
    const stranger = (await a.token(undefined, "submitter")).secret;
    const lent = b.server.lend({ who: "local", role: "admin" }).token;
    const named = b.server.lend({ who: "local", role: "worker", worker: "w" }).token;
    assert.deepEqual([await post(ofA), await post(operator), await post(lent)], [201, 201, 201]);
    assert.deepEqual([await post(stranger), await post(named), await post(undefined)], [401, 401, 401]);
    const anyWorker = b.server.lend({ who: "local", role: "worker" }).token;
    const headers = { authorization: `Bearer ${anyWorker}` };
    const worker = await RawWorker.greet(`${b.url}/ns/team-a`, helloOf("w"), headers);
    worker.socket.close();
    // Nobody but a server can say for whom it speaks.
    const said = {
      "octopus-forwarded": JSON.stringify({ address: "127.0.0.1", principal: { who: "x", role: "admin" } }),
    };
    assert.equal((await b.ask(TASKS, { method: "POST", headers: said, body: "{}" })).status, 401);
  });
