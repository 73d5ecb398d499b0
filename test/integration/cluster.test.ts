/**
 * Goal: three servers on one NATS are one for whoever uses them: what was acknowledged by any of them is done once and can be
 * read at each, while the one that leads is killed and all are restarted one after the other.
 * Method: tasks with ids of their own are submitted without a break, at whichever server is there; each attempt appends its
 * id to a file. At the end what was acknowledged is compared with what each server tells, and the tables of all with each
 * other.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import type { NamespaceView } from "../../src/protocol/namespace.ts";
import type { Page, TaskDetail, TaskView } from "../../src/protocol/views.ts";
import { withoutNats } from "../nats/server.ts";
import { ClusterPlace, dump, type Member, sameTables, within } from "./cluster-place.ts";
import { endProcess, until } from "./place.ts";

const skip = withoutNats();
const NAMESPACES = ["team-1", "team-2", "team-3", "team-4", "team-5"];
let cluster: ClusterPlace;
let servers: Member[];

before(async () => {
  if (skip !== undefined) return;
  cluster = await ClusterPlace.open();
  servers = await Promise.all(["a", "b", "c"].map((name) => cluster.start(name)));
});
after(() => cluster?.close());

test("what was written at one server is read at another at once", { skip }, async () => {
  const leader = await cluster.leader(servers[0]!);
  const [one, two] = servers.filter(({ name }) => name !== leader.name) as [Member, Member];
  for (let times = 0; times < 10; times++) {
    const made = await cluster.ask<{ id: string }>(one, "POST", "/tasks", { id: `seen${times}`, shell: "true" });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const after = { "octopus-after": made.sequence! };
    const read = await cluster.ask<TaskDetail>(two, "GET", `/tasks/seen${times}`, undefined, after);
    assert.equal(read.body.id, `seen${times}`);
  }
});

test("a leader hands over when it is asked, and every server tells of the cluster", { skip }, async () => {
  const leader = await cluster.leader(servers[0]!);
  const [one, two] = servers.filter(({ name }) => name !== leader.name) as [Member, Member];
  const said = await cluster.place.run(["cluster", "step-down", "--server", one.url, "--output", "json"]);
  assert.equal(said.code, 0, said.err + said.out);
  await until("another leads", async () => (await cluster.leader(two)).name !== leader.name);
  const status = await cluster.place.run(["cluster", "--server", two.url, "--output", "json"]);
  assert.equal(status.code, 0, status.err + status.out);
  const view = JSON.parse(status.out) as ClusterView;
  assert.deepEqual(view.members.map(({ server }) => server).toSorted(), ["a", "b", "c"]);
  const metrics = await (await fetch(`${two.url}/metrics`)).text();
  assert.match(metrics, /^octopus_cluster_ready\{shard="default"\} 1$/m);
  assert.match(metrics, /^octopus_cluster_appends_total\{shard="default"\} \d+$/m);
});

test("namespaces are made at any server, led from all of them, and deleted", { skip }, async () => {
  for (const [index, name] of [...NAMESPACES, "short-lived"].entries()) await cluster.make(servers[index % 3]!, name);
  assert.equal((await cluster.ask(servers[0]!, "POST", "/namespaces", { name: NAMESPACES[0] })).status, 409);
  await balanced();
  const [one, two] = servers as [Member, Member];
  const there = (server: Member) => within(server, "short-lived");
  const made = await cluster.ask(there(one), "POST", "/tasks", { id: "open", shell: "true" });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const task = await cluster.ask(there(two), "GET", "/tasks/open", undefined, { "octopus-after": made.sequence! });
  assert.equal(task.status, 200);
  assert.equal((await cluster.ask(two, "GET", "/tasks/open")).status, 404, "default has no such task");
  const refused = await cluster.ask(two, "DELETE", "/namespaces/short-lived");
  assert.equal(refused.status, 409, JSON.stringify(refused.body));
  await cluster.remove(one, "short-lived");
  await until("its folders are gone", () => servers.every(({ data }) => !existsSync(folderOf(data, "short-lived"))));
  await until("nobody knows it", async () => {
    const answers = await Promise.all(servers.map((server) => cluster.ask(there(server), "GET", "/tasks")));
    return answers.every(({ status }) => status === 404);
  });
});

/** Every namespace is held by all three, and none of them leads more than one more than another. */
async function balanced(): Promise<void> {
  await until("the servers lead as many namespaces each, as all of them see it", async () => {
    const seen = await Promise.all(
      servers.map((server) => cluster.ask<{ items: NamespaceView[] }>(server, "GET", "/namespaces")),
    );
    return seen.every(({ status, body }) => {
      if (status !== 200) return false;
      const { items } = body;
      const led = servers.map(({ name }) => items.filter(({ leader }) => leader === name).length);
      const isLed = led.reduce((sum, count) => sum + count, 0) === items.length;
      const isThere = items.every(({ hosts, state }) => hosts?.length === 3 && state === "here");
      return isLed && isThere && Math.max(...led) - Math.min(...led) <= 1;
    });
  });
}

function folderOf(data: string, namespace: string): string {
  return namespace === "default" ? data : join(data, "namespaces", namespace);
}

test("a leader is killed, and all are restarted: nothing is lost, nothing has two results", { skip }, async () => {
  const effects = join(cluster.place.dir, "effects");
  const [worked] = NAMESPACES;
  const workers = [
    cluster.worker("w", servers[0]!),
    cluster.worker("v", servers[1]!),
    cluster.worker("n", within(servers[2]!, worked!)),
  ];
  const acknowledged: string[] = [];
  /** By namespace what waits there: it has no worker. */
  const waiting = new Map<string, string[]>(NAMESPACES.map((name) => [name, []]));
  let isOver = false;
  let turn = 0;
  const produce = async (part: number): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      const tasks = [0, 1, 2].map((index) => ({
        id: `t${part}x${round}x${index}`,
        shell: `echo "$OCTOPUS_TASK_ID" >> ${effects}`,
      }));
      await cluster.submit(() => servers[turn++ % servers.length]!, tasks);
      acknowledged.push(...tasks.map(({ id }) => id));
      const namespace = NAMESPACES[round % NAMESPACES.length]!;
      await cluster.submit(() => within(servers[turn++ % servers.length]!, namespace), tasks);
      waiting.get(namespace)!.push(...tasks.map(({ id }) => id));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };
  const produced = Promise.all([produce(0), produce(1)]);
  const more = (count: number): Promise<unknown> => {
    const from = acknowledged.length;
    return until("more is acknowledged", () => acknowledged.length >= from + count);
  };

  try {
    await more(6);
    const first = await cluster.leader(servers[0]!);
    await cluster.kill(first);
    await more(6);
    const other = servers.find(({ name }) => name !== first.name)!;
    assert.notEqual((await cluster.leader(other)).name, first.name);
    Object.assign(first, await cluster.start(first.name));

    // Restarted one after the other, as for an upgrade.
    for (const server of servers) {
      await cluster.stop(server);
      await more(3);
      Object.assign(server, await cluster.start(server.name));
    }
  } finally {
    // A test that fails ends, too.
    isOver = true;
  }
  await produced;
  await balanced();

  for (const server of servers) await allSucceeded(server, acknowledged);
  const ran = readFileSync(effects, "utf8").trim().split("\n");
  assert.deepEqual(new Set(ran), new Set(acknowledged));
  for (const server of servers) await allSucceeded(within(server, worked!), waiting.get(worked!)!);

  for (const { pid, end } of workers) {
    endProcess(pid, "SIGTERM");
    await end;
  }
  const all = ["default", ...NAMESPACES];
  for (const name of all) await cluster.settled(name);
  for (const server of servers) await cluster.kill(server);
  for (const name of all) {
    const [one, two, three] = servers.map(({ data }) => dump(folderOf(data, name)));
    sameTables(two!, one!);
    sameTables(three!, one!);
    const kept = new Set(one!["task"]!.map((row) => (JSON.parse(row) as { key: string }).key));
    for (const id of waiting.get(name) ?? []) assert.ok(kept.has(id), `${id} of ${name} was acknowledged and is gone`);
  }
});

async function allSucceeded(server: Member, ids: readonly string[]): Promise<void> {
  await until(`all is done, as ${server.name} tells`, async () => {
    const path = "/tasks?state=blocked,scheduled,queued,running&limit=1";
    const open = await cluster.ask<Page<TaskView>>(server, "GET", path);
    return open.status === 200 && open.body.items.length === 0;
  });
  for (const id of ids) {
    const { status, body } = await cluster.ask<TaskDetail>(server, "GET", `/tasks/${id}`);
    assert.equal(status, 200, `${server.name} does not know ${id}, which was acknowledged`);
    assert.equal(body.state, "succeeded", `${id} at ${server.name}`);
    const good = body.attempts.filter(({ outcome }) => outcome === "succeeded");
    assert.equal(good.length, 1, `${id} has ${good.length} results`);
  }
}
