/**
 * Goal: a leader that slept for three times as long as a leader may be silent writes nothing when it wakes, however sure it is
 * that it leads, and whoever asked it has his task done once.
 * Method: real processes. The leader is halted, and what NATS says to it is held back, so that it cannot hear of its successor
 * before it writes: what a server that wakes does by chance, it does here each time. The refusal is read on its way back.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import type { TaskDetail } from "../../src/protocol/views.ts";
import { ClusterPlace, dump, type Member, sameTables } from "../integration/cluster-place.ts";
import { endProcess, until } from "../integration/place.ts";
import { withoutNats } from "../nats/server.ts";
import { OneWay } from "../nats/way.ts";

const skip = withoutNats();
/** A leader that is silent for so long is challenged. */
const SILENCE_MS = 1500;
/** What JetStream answers when the newest number is another one. */
const WRONG_SEQUENCE = /"err_code":10071\b/;

let cluster: ClusterPlace;
let way: OneWay;

before(async () => {
  if (skip !== undefined) return;
  cluster = await ClusterPlace.open();
  way = await OneWay.to(cluster.nats);
});
after(async () => {
  await cluster?.close();
  way?.close();
});

test("what a leader writes after three lease times of sleep is refused", { skip }, async () => {
  const a = await cluster.start("a", ["--nats", way.address]);
  await until("a leads", async () => (await view(a)).role === "leader");
  const b = await cluster.start("b");
  cluster.worker("w", b);
  const before = Array.from({ length: 10 }, (_, n) => ({ id: `before${n}`, shell: "true" }));
  await cluster.submit(() => a, before);

  const halted = performance.now();
  endProcess(a.started.pid, "SIGSTOP");
  way.hold();
  await until("b leads", async () => (await view(b)).role === "leader");
  await cluster.submit(() => b, [{ id: "meanwhile", shell: "true" }]);
  await until("three lease times", () => performance.now() - halted > 3 * SILENCE_MS);
  assert.ok(!WRONG_SEQUENCE.test(way.held));
  endProcess(a.started.pid, "SIGCONT");

  const late = cluster.ask(a, "POST", "/tasks", { id: "late", shell: "true" });
  await until("NATS refuses what a wrote", () => WRONG_SEQUENCE.test(way.held));
  assert.equal((await cluster.ask(b, "GET", "/tasks/late")).status, 404, "nothing of it is in the log");
  way.release();

  // It was repeated at the leader for whoever asked, or he is told that nothing was done, and asks again.
  const { status, body } = await late;
  assert.ok(status === 201 || status === 503, `${status} ${JSON.stringify(body)}`);
  await cluster.submit(() => a, [{ id: "late", shell: "true" }]);
  await until("a follows", async () => (await view(a)).role === "follower");
  const metrics = await (await fetch(`${a.url}/metrics`)).text();
  assert.match(metrics, /^octopus_cluster_appends_refused_total\{shard="default"\} [1-9]/m);
  assert.match(metrics, /^octopus_cluster_deposed_total\{shard="default"\} 1$/m);

  for (const id of [...before.map((one) => one.id), "meanwhile", "late"])
    for (const server of [a, b]) {
      const task = await until(`${id} is done, as ${server.name} tells`, async () => {
        const { body: seen } = await cluster.ask<TaskDetail>(server, "GET", `/tasks/${id}`);
        return seen.state === "succeeded" ? seen : undefined;
      });
      assert.equal(task.attempts.filter(({ outcome }) => outcome === "succeeded").length, 1, id);
    }
  await cluster.settled();
  for (const server of [a, b]) await cluster.kill(server);
  sameTables(dump(a.data), dump(b.data));
});

async function view(server: Member): Promise<ClusterView> {
  return (await cluster.ask<ClusterView>(server, "GET", "/cluster")).body;
}
