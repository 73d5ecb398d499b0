/** The host of many shards, with production shards over memory: made, spread, moved, led elsewhere, deleted. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { shell } from "../../test/sim/engine-harness.ts";
import { startHost, type TestHost } from "../../test/cluster/hosts.ts";
import { rowsOf, until } from "../../test/cluster/servers.ts";
import { MemoryShared } from "./testing.ts";

let hosts: TestHost[] = [];

async function start(shared: MemoryShared, ...names: string[]): Promise<TestHost[]> {
  const started = await Promise.all(names.map((name) => startHost(shared.server(name))));
  hosts.push(...started);
  return started;
}

afterEach(async () => {
  await Promise.all(hosts.map((each) => each.stop()));
  hosts = [];
});

const leads = ({ name, host }: TestHost): number =>
  host.names().filter((namespace) => host.leader(namespace)?.server === name).length;

/** Each is where it is to be, and led by whom it is to be led. */
function isSettled(all: readonly TestHost[], count: number): boolean {
  return all.every(({ host }) => {
    const view = host.view();
    return view.length === count && view.every(({ state }) => state === "ok");
  });
}

const submitTo = async (all: readonly TestHost[], shard: string): Promise<void> => {
  for (;;) {
    const leader = await until(`a leader of ${shard}`, () =>
      all.find(({ replicas }) => replicas.get(shard)?.shard.role === "leader"),
    );
    try {
      await leader.replicas.get(shard)!.engine.submit([shell()], undefined);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== "not_leader") throw error;
    }
  }
};

const tasksAt = (host: TestHost, shard: string): number | undefined =>
  host.replicas.get(shard)?.engine.tasks({ limit: 1000 }).items.length;

test("shards are spread, stay when servers come and go, and lose nothing", async () => {
  const shared = new MemoryShared();
  const [a, b, c] = (await start(shared, "a", "b", "c")) as [TestHost, TestHost, TestHost];
  const names = Array.from({ length: 8 }, (_, n) => `team-${n}`);
  await Promise.all(names.map((name, n) => [a, b, c][n % 3]!.host.create(name)));
  assert.deepEqual(b.host.names(), ["default", ...names]);
  await assert.rejects(c.host.create("team-3"), /there is a namespace "team-3" already/);
  await assert.rejects(c.host.create("Team"), /small letters/);
  await until("all is where it belongs", () => isSettled(hosts, 9));
  for (const name of names) for (let n = 0; n < 3; n++) await submitTo(hosts, name);
  for (const each of hosts) {
    // 9 leads and 8 times 2 replicas on 3 servers, beside `default` on all.
    assert.equal(leads(each), 3);
    assert.ok(each.replicas.size >= 6 && each.replicas.size <= 7, `${each.replicas.size} replicas`);
  }

  // One dies: its leads are elsewhere at once, its replicas after a while.
  const led = names.filter((name) => b.host.leader(name)?.server === "a");
  a.kill();
  hosts = [b, c];
  await until("other leaders", () => led.every((name) => b.host.leader(name)?.server !== "a" && b.host.leader(name)));
  for (const name of names) await submitTo(hosts, name);
  await until("copies anew", () => isSettled(hosts, 9) && hosts.every(({ replicas }) => replicas.size === 9));

  // Another joins: it takes its part, with what was written before.
  const [d] = (await start(shared, "d")) as [TestHost];
  await until("its part", () => isSettled(hosts, 9) && d.replicas.size >= 6 && leads(d) === 3);
  for (const name of names) await submitTo(hosts, name);
  await until("the same everywhere", () =>
    names.every((name) => hosts.every((each) => (tasksAt(each, name) ?? 5) === 5)),
  );
  for (const name of names) {
    const holders = hosts.filter(({ replicas }) => replicas.has(name));
    assert.equal(holders.length, 2);
    const [one, other] = await Promise.all(holders.map(({ replicas }) => rowsOf(replicas.get(name)!)));
    assert.deepEqual(one, other);
  }
  assert.ok([...b.dropped, ...c.dropped].length >= 4);
});

test("who takes over from a server that was killed keeps the lead while that one still counts as living", async () => {
  const shared = new MemoryShared();
  // Its lead is taken long before it counts as gone.
  const options = { times: { everyMs: 1500, pulseMs: 40 } };
  hosts = await Promise.all(["a", "b", "c"].map((name) => startHost(shared.server(name), options)));
  await until("it is where it belongs", () => isSettled(hosts, 1));
  const killed = hosts.find((each) => leads(each) === 1)!;
  killed.kill();
  hosts = hosts.filter((each) => each !== killed);
  const leader = await until("another leader", () =>
    hosts.find(({ replicas }) => replicas.get("default")!.shard.role === "leader"),
  );
  const isCounted = (): boolean => leader.process.members.living().some(({ name }) => name === killed.name);
  const { shard } = leader.replicas.get("default")!;
  assert.ok(isCounted(), "the one that was killed counts as living still");
  const term = shard.leader()!.term;
  await until("it counts as gone", () => !isCounted());
  assert.equal(shard.role, "leader");
  assert.equal(shard.leader()!.term, term);
});

test("a namespace that is deleted is gone everywhere, and one that is made again begins anew", async () => {
  const shared = new MemoryShared();
  const [a, b, c] = (await start(shared, "a", "b", "c")) as [TestHost, TestHost, TestHost];
  await a.host.create("team");
  await submitTo(hosts, "team");
  await until("it is where it belongs", () => isSettled(hosts, 2));
  await assert.rejects(a.host.remove("default"), /cannot be deleted/);
  await assert.rejects(a.host.remove("other"), /no namespace "other"/);
  // The log is gone, and the list does not say so yet: it is taken up from there.
  const set = shared.values.set.bind(shared.values);
  let lost = 0;
  shared.values.set = (name, value) => {
    if (value.includes('"removed"') && lost++ === 0) throw new Error("no answer");
    return set(name, value);
  };
  await c.host.remove("team");
  // Two servers may do it at once when one has not heard of the other for a while (RM2).
  assert.ok(lost >= 2, `said ${lost} times`);
  await until("nobody has it", () =>
    hosts.every(({ replicas, host }) => !replicas.has("team") && !host.names().includes("team")),
  );
  assert.equal(shared.shards.has("team"), false);
  const kept = [...shared.objects.keys()].filter((name) => name.startsWith("snapshots/team/"));
  assert.equal(kept.length, 2, "a copy and its manifest");

  await b.host.create("team");
  await submitTo(hosts, "team--2");
  assert.equal(a.host.namespace("team")?.shard, "team--2");
  await until("one task", () => hosts.some((each) => tasksAt(each, "team--2") === 1));
});

test("a stop hands over every lead at once", async () => {
  const shared = new MemoryShared();
  // What is not handed over is not missed before the test has ended.
  const options = { settings: { silenceMs: 3_600_000 } };
  const [a, b] = await Promise.all([startHost(shared.server("a"), options), startHost(shared.server("b"), options)]);
  hosts = [a, b];
  const names = Array.from({ length: 6 }, (_, n) => `team-${n}`);
  await Promise.all(names.map((name) => a.host.create(name)));
  await until("all is where it belongs", () => isSettled(hosts, 7));
  assert.ok(leads(a) >= 3);
  hosts = [b];
  await a.stop();
  await until("all leads", () => leads(b) === 7);
});
