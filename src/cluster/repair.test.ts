/** Logs that lose their end, replicas that come late or hold what the log does not: what becomes of them. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  countOf,
  leaderOf,
  openReplicaOf,
  rowsOf,
  startProcess,
  startServer,
  stopAll,
  submit,
  type TestReplica,
  type TestServer,
  until,
} from "../../test/cluster/servers.ts";
import { appliedBy, type Member } from "./member.ts";
import { chainOf, encode } from "./record.ts";
import { MemoryShared } from "./testing.ts";

async function assertSame(servers: readonly TestServer[], tasks: number): Promise<void> {
  const leader = await leaderOf(servers);
  for (const server of servers) {
    await until(
      `${server.name} is where the leader is`,
      () => server.shard.position().chain === leader.shard.position().chain,
    );
    assert.equal(countOf(server), tasks, server.name);
  }
  const first = await rowsOf(leader);
  for (const server of servers) assert.deepEqual(await rowsOf(server), first, server.name);
}

const saw = ({ troubles }: TestServer, type: string): boolean => troubles.some((trouble) => trouble.type === type);

/** How far the server had come, as it is kept. */
function kept(shared: MemoryShared, server: string): number | undefined {
  const text = shared.values.get(`members/${server}`);
  return text === undefined ? undefined : appliedBy(JSON.parse(text) as Member, "default")?.seq;
}

for (const lost of [3, Infinity]) {
  const what = lost === Infinity ? "all its records" : "its newest records";
  test(`a log that has lost ${what} is repaired from the server that has most, before anything else is written`, async () => {
    const shared = new MemoryShared();
    const servers = await Promise.all(["a", "b", "c"].map((name) => startServer(shared.server(name))));
    try {
      await submit(servers, 10);
      await assertSame(servers, 10);
      shared.log.goBackTo(Math.max(0, shared.log.last - lost));
      await submit(servers, 5);
      assert.ok(servers.some((server) => saw(server, "repaired")));
      await assertSame(servers, 15);
    } finally {
      await stopAll(servers);
    }
  });
}

test("while the server that has applied most is away, nobody leads a log that has lost its end", async () => {
  const shared = new MemoryShared();
  const most = await startServer(shared.server("most"));
  await submit([most], 5);
  const dir = mkdtempSync(join(tmpdir(), "octopus-behind-"));
  const behind = await startServer(shared.server("behind"), { dir });
  await until("it has followed", () => countOf(behind) === 5);
  behind.kill();
  behind.store.close();
  await submit([most], 5);
  await until("it is known how far it is", () => kept(shared, "most") === most.shard.position().seq);
  // The link of the one that has most breaks, and the log loses its end.
  shared.silent.add("most");
  shared.cut.add("most");
  shared.log.goBackTo(shared.log.last - 4);
  const again = await startServer(shared.server("behind"), { dir });
  try {
    await until("it says for whom it waits", () => saw(again, "waits"));
    assert.equal(again.shard.role, "follower");
    shared.silent.clear();
    shared.cut.clear();
    await submit([most, again]);
    await assertSame([most, again], 11);
    assert.ok(saw(most, "repaired"));
  } finally {
    await stopAll([most, again]);
    rmSync(dir, { recursive: true, force: true });
  }
});

test("a server that has said that it is there, and has not opened its tables, is not taken for one that holds nothing", async () => {
  const shared = new MemoryShared();
  const dirs = ["most", "behind"].map((name) => mkdtempSync(join(tmpdir(), `octopus-${name}-`)));
  const most = await startServer(shared.server("most"), { dir: dirs[0]! });
  await submit([most], 5);
  const behind = await startServer(shared.server("behind"), { dir: dirs[1]! });
  await until("it has followed", () => countOf(behind) === 5);
  behind.kill();
  behind.store.close();
  await submit([most], 5);
  const { seq } = most.shard.position();
  await until("it is known how far it is", () => kept(shared, "most") === seq);
  // All of them are gone at once, as when the current fails, and the log has lost its end.
  most.kill();
  most.store.close();
  shared.log.goBackTo(shared.log.last - 4);
  const opening = startProcess(shared.server("most"));
  const again = await startServer(shared.server("behind"), { dir: dirs[1]! });
  let opened: TestReplica | undefined;
  try {
    await until("it says for whom it waits", () => saw(again, "waits"));
    assert.ok(
      again.members.living().some(({ name }) => name === "most"),
      "the other one is there",
    );
    assert.equal(again.shard.role, "follower");
    assert.equal(kept(shared, "most"), seq, "what is kept of it did not change");
    opened = await openReplicaOf(opening, "default", { dir: dirs[0]! });
    const { members } = opening;
    const servers = [{ ...opened, name: "most", members, stop: opened.close, kill: opening.die }, again];
    await submit(servers);
    await assertSame(servers, 11);
  } finally {
    await opened?.close();
    await opening.members.close();
    await again.stop();
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  }
});

test("a server that comes when the log was trimmed begins from the newest snapshot that is whole", async () => {
  const shared = new MemoryShared();
  const first = await startServer(shared.server("a"));
  const others: TestServer[] = [];
  try {
    await submit([first], 5);
    await first.shard.snapshot();
    await submit([first], 5);
    await first.shard.snapshot();
    assert.ok(shared.log.first > 1, "the log is trimmed");
    others.push(await startServer(shared.server("b")));
    await until("it has caught up", () => countOf(others[0]!) === 10);
    assert.ok(saw(others[0]!, "bootstrap"));
    await submit([first], 3);
    await assertSame([first, ...others], 13);
    // The newest is torn: the one before it is taken, and the log goes on from there.
    const newest = [...shared.objects.keys()]
      .filter((name) => !name.endsWith(".json"))
      .toSorted()
      .at(-1)!;
    shared.objects.set(newest, shared.objects.get(newest)!.subarray(0, 1000));
    others.push(await startServer(shared.server("c")));
    await until("it has caught up", () => countOf(others[1]!) === 13);
    assert.ok(saw(others[1]!, "bad-snapshot"));
    await assertSame([first, ...others], 13);
  } finally {
    await stopAll([first, ...others]);
  }
});

test("a server that has applied what the log does not hold begins anew, and keeps what it had beside it", async () => {
  const shared = new MemoryShared();
  const dir = mkdtempSync(join(tmpdir(), "octopus-diverged-"));
  const old = await startServer(shared.server("a"), { dir });
  await submit([old], 6);
  await old.stop();
  // The log is another one, and nobody remembers the first.
  shared.log.goBackTo(0);
  shared.values.clear();
  const other = await startServer(shared.server("b"));
  await submit([other], 12);
  const again = await startServer(shared.server("a"), { dir });
  try {
    await until("it has begun anew", () => countOf(again) === 12);
    assert.ok(saw(again, "diverged"));
    assert.equal(readdirSync(dir).filter((name) => name.startsWith("octopus.aside-")).length, 1);
    await submit([other, again]);
    await assertSame([other, again], 13);
  } finally {
    await stopAll([other, again]);
    rmSync(dir, { recursive: true, force: true });
  }
});

test("what a leader of the past had on its way comes into a repaired log, and stops nobody", async () => {
  const shared = new MemoryShared();
  const servers = await Promise.all(["a", "b"].map((name) => startServer(shared.server(name))));
  try {
    await submit(servers, 10);
    const { last } = shared.log;
    shared.log.goBackTo(last - 3);
    await submit(servers, 5);
    assert.ok(shared.log.last > last + 2, "the numbers that were applied are passed over");
    // Its number fits, as the fence is a number.
    const head = { kind: "began", term: 1, nonce: "old", chain: "of another history" } as const;
    shared.log.records.push(encode({ ...head, at: Date.now(), server: "old" }));
    shared.log.changed();
    await submit(servers, 5);
    await assertSame(servers, 20);
  } finally {
    await stopAll(servers);
  }
});

test("a server that is to go on from a state whose snapshot was damaged is given another one", async () => {
  const shared = new MemoryShared();
  const dir = mkdtempSync(join(tmpdir(), "octopus-torn-"));
  const most = await startServer(shared.server("most"));
  const others: TestServer[] = [];
  try {
    await submit([most], 5);
    const behind = await startServer(shared.server("behind"), { dir });
    await until("it has followed", () => countOf(behind) === 5);
    behind.kill();
    behind.store.close();
    await submit([most], 5);
    shared.log.goBackTo(shared.log.last - 2);
    await submit([most], 5);
    assert.ok(saw(most, "repaired"));
    for (const [name, bytes] of shared.objects)
      if (name.startsWith("snapshots/") && !name.endsWith(".json")) shared.objects.set(name, bytes.subarray(0, 100));
    others.push(await startServer(shared.server("behind"), { dir }));
    await until("it has caught up", () => countOf(others[0]!) === 15);
    assert.ok(saw(others[0]!, "bad-snapshot"));
    await assertSame([most, ...others], 15);
  } finally {
    await stopAll([most, ...others]);
    rmSync(dir, { recursive: true, force: true });
  }
});

test("what a leader of the past had on its way takes the numbers of lost records, and no turn is lost for it", async () => {
  const shared = new MemoryShared();
  const servers = await Promise.all(["a", "b"].map((name) => startServer(shared.server(name))));
  try {
    await submit(servers, 10);
    await assertSame(servers, 10);
    const { log } = shared;
    log.records.length -= 3;
    for (let stray = 0; stray < 4; stray++) {
      const head = { kind: "began", term: 0, nonce: `old-${stray}`, chain: chainOf(log.records.at(-1)!) } as const;
      log.records.push(encode({ ...head, at: Date.now(), server: "old" }));
    }
    log.changed();
    await submit(servers, 5);
    assert.ok(servers.some((server) => saw(server, "repaired")));
    await assertSame(servers, 15);
  } finally {
    await stopAll(servers);
  }
});

test("a log that goes on with what does not come after its own record is told as such, and looked at now and then", async () => {
  const shared = new MemoryShared();
  const first = await startServer(shared.server("a"));
  await submit([first], 3);
  await first.stop();
  const { last } = shared.log;
  const head = { kind: "began", term: 99, nonce: "fork", chain: "of another history" } as const;
  await shared.log.append(encode({ ...head, at: Date.now(), server: "old" }), last);
  const second = await startServer(shared.server("b"));
  try {
    const words = `what the log holds after record ${last} does not come after that record`;
    await until("it says what is wrong", () => second.shard.notReady === words);
    assert.deepEqual([countOf(second), second.shard.role], [3, "follower"]);
  } finally {
    await second.stop();
  }
});
