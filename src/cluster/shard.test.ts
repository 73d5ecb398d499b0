/** A shard on three servers in one process: who leads, what happens when it goes, and that all hold the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, leaderOf, startServer, stopAll, submit, type TestServer, until } from "../../test/cluster/servers.ts";
import { shell } from "../../test/sim/engine-harness.ts";
import { MemoryShared } from "./testing.ts";

async function startThree(shared: MemoryShared): Promise<TestServer[]> {
  return Promise.all(["a", "b", "c"].map((name) => startServer(shared.server(name))));
}

test("one leads, the others hold what it decided", async () => {
  const shared = new MemoryShared();
  const servers = await startThree(shared);
  try {
    const leader = await submit(servers, 20);
    const { seq } = leader.shard.position();
    for (const server of servers) {
      assert.ok(await server.shard.waitFor({ seq }, 10_000));
      assert.equal(countOf(server), 20);
      if (server.shard.role === "follower")
        await assert.rejects(server.engine.submit([shell()], undefined), { code: "not_leader" });
    }
  } finally {
    await stopAll(servers);
  }
});

test("a leader that is killed is followed by another, and nothing that was acknowledged is lost", async () => {
  const shared = new MemoryShared();
  const servers = await startThree(shared);
  const first = await submit(servers, 10);
  const rest = servers.filter((server) => server !== first);
  try {
    first.kill();
    const startedAt = performance.now();
    const second = await leaderOf(rest);
    assert.ok(performance.now() - startedAt < 10_000);
    assert.equal(countOf(second), 10);
    await submit(rest);
    const { seq } = (await leaderOf(rest)).shard.position();
    for (const server of rest) {
      assert.ok(await server.shard.waitFor({ seq }, 10_000));
      assert.equal(countOf(server), 11);
    }
  } finally {
    await stopAll(rest);
  }
});

test("a leader that stops hands over at once", async () => {
  const shared = new MemoryShared();
  const servers = await startThree(shared);
  const first = await submit(servers);
  const rest = servers.filter((server) => server !== first);
  try {
    await first.stop();
    const second = await leaderOf(rest);
    assert.equal(countOf(second), 1);
    await second.shard.stepDown();
    assert.equal(second.shard.role, "follower");
    const third = await submit(rest);
    assert.equal(countOf(third), 2);
  } finally {
    await stopAll(rest);
  }
});

test("an old leader that comes back is refused at its first word, and follows", async () => {
  const shared = new MemoryShared();
  const servers = await startThree(shared);
  try {
    const first = await submit(servers);
    shared.silent.add(first.name);
    const rest = servers.filter((server) => server !== first);
    const unseat = shared.unwatch();
    const second = await submit(rest);
    assert.equal(first.shard.role, "leader");
    await assert.rejects(first.engine.submit([shell()], undefined), { code: "not_leader" });
    await until("the old leader follows", () => first.shard.role === "follower");
    unseat();
    shared.silent.clear();
    assert.ok(await first.shard.waitFor(second.shard.position(), 10_000));
    assert.equal(countOf(first), 2);
  } finally {
    await stopAll(servers);
  }
});

test("whoever asks for a view while the log does not answer is told soon what this server knows", async () => {
  const shared = new MemoryShared();
  const servers = await startThree(shared);
  const { log } = shared;
  const range = log.range.bind(log);
  try {
    const { shard } = await submit(servers);
    assert.equal((await shard.view()).log?.last, shard.position().seq);
    log.range = () => new Promise(() => {});
    const seen = await shard.view();
    assert.equal(seen.log, undefined);
    assert.equal(seen.position.seq, shard.position().seq);
    assert.deepEqual(seen.members.map(({ name }) => name).sort(), ["a", "b", "c"]);
  } finally {
    log.range = range;
    await stopAll(servers);
  }
});
