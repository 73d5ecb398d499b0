/**
 * Goal: a cluster goes back to a backup, whole or one namespace alone, and what is not restored stays as it is.
 * Method: two real servers on a real NATS or PostgreSQL make history in three namespaces, before and after a backup. One is deleted and comes
 * back while they run, with its files; one goes back while they are stopped; then all do.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/protocol/views.ts";
import { ClusterPlace, type Member, SHARED, within } from "./cluster-place.ts";
import { endProcess, until } from "./place.ts";

const TEAMS = ["team-a", "team-b"];
const ALL = ["default", ...TEAMS];
let cluster: ClusterPlace;

async function restore(file: string, ...more: string[]): Promise<{ code: number | string; said: string }> {
  const { code, out, err } = await cluster.place.run(["cluster", "restore", file, "--yes", ...more]);
  return { code, said: out + err };
}

/** Of each namespace whether the task is there. */
async function having(member: Member, id: string): Promise<Record<string, number>> {
  const statuses = ALL.map(async (name) => {
    const status = await until(`${name} answers`, async () => {
      const answer = await cluster.ask(within(member, name), "GET", `/tasks/${id}`).catch(() => undefined);
      return answer !== undefined && answer.status < 500 && answer.status;
    });
    return [name, status] as const;
  });
  return Object.fromEntries(await Promise.all(statuses));
}

async function submitAll(id: string): Promise<void> {
  for (const name of ALL) await cluster.submit(() => within(cluster.members.get("a")!, name), [{ id, shell: "true" }]);
}

async function restart(): Promise<Member> {
  await Promise.all([cluster.start("a"), cluster.start("b")]);
  const a = cluster.members.get("a")!;
  for (const name of ALL) await cluster.leader(within(a, name));
  return a;
}

async function stop(): Promise<void> {
  for (const member of cluster.members.values()) await cluster.stop(member);
}

/** Of each line with these words the shard that it names. */
function shardsNamed({ started }: Member, words: string): unknown[] {
  const lines = started.err().split("\n");
  const told = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as { msg: string });
  return told.filter(({ msg }) => msg === words).map((line) => (line as { shard?: string }).shard);
}

for (const { kind, skip } of SHARED)
  test(`a backup is gone back to by one namespace alone, and by all, on ${kind}`, { skip }, async () => {
    cluster = await ClusterPlace.open(kind);
    try {
      await goBack();
    } finally {
      await cluster.close();
    }
  });

async function goBack(): Promise<void> {
  await Promise.all([cluster.start("a"), cluster.start("b")]);
  const a = cluster.members.get("a")!;
  await cluster.leader(a);
  for (const name of TEAMS) await cluster.make(a, name);
  const worker = cluster.worker("w", within(a, "team-a"));
  const shell = "echo kept > $OCTOPUS_ARTIFACTS/left.txt";
  await cluster.submit(() => within(a, "team-a"), [{ id: "files", shell }]);
  await until("a file is kept", async () => {
    const { body } = await cluster.ask<TaskView>(within(a, "team-a"), "GET", "/tasks/files");
    return body.state === "succeeded";
  });
  endProcess(worker.pid, "SIGTERM");
  await worker.end;
  await submitAll("before");
  const file = join(cluster.place.dir, "copy.db");
  await until("the server has a copy of each", async () => {
    const { body } = await cluster.ask<{ items: { state: string }[] }>(a, "GET", "/namespaces");
    return body.items.length === ALL.length && body.items.every(({ state }) => state === "here");
  });
  const copied = await cluster.ask<{ namespaces: string[] }>(a, "POST", "/backup", { path: file });
  assert.deepEqual(copied.body.namespaces, TEAMS, JSON.stringify(copied.body));
  await submitAll("later");

  // Who holds many reads which of them a line of the log is about.
  const began = [...cluster.members.values()].flatMap((member) => shardsNamed(member, "a term began"));
  assert.deepEqual([...new Set(began.map(String))].toSorted(), ALL);

  // While servers run, nothing is pulled from under one that is there.
  for (const more of [[], ["--namespace", "team-a"], ["--namespace", "default"]]) {
    const refused = await restore(file, ...more);
    assert.notEqual(refused.code, 0);
    assert.match(refused.said, /servers of the cluster run \(a, b\)/);
    assert.equal(/octopus namespace delete team-a/.test(refused.said), more[1] === "team-a", refused.said);
  }
  const unknown = await restore(file, "--namespace", "team-z");
  assert.match(unknown.said, /holds no namespace "team-z": beside it are team-a, team-b/);
  const wrong = await restore(join(`${file}.namespaces`, "team-b.db"), "--namespace", "team-z");
  assert.match(wrong.said, /is a backup of the namespace team-b, not of team-z/);

  // One that is not there comes back while they run.
  await cluster.remove(a, "team-a");
  const alone = await restore(file, "--namespace", "team-a");
  assert.equal(alone.code, 0, alone.said);
  assert.match(alone.said, /of the namespace team-a of cluster main is the backup: servers that run have it/);
  for (const member of cluster.members.values()) {
    await until(`${member.name} has it`, async () => {
      const { status } = await cluster.ask(within(member, "team-a"), "GET", "/tasks/before");
      return status === 200;
    });
    assert.deepEqual(await having(member, "later"), { default: 200, "team-a": 404, "team-b": 200 });
    const left = await fetch(`${within(member, "team-a").url}/api/v1/tasks/files/artifacts/left.txt`);
    assert.equal(await left.text(), "kept\n", `the file at ${member.name}`);
  }
  await submitAll("again");

  // One that is there goes back while they are stopped.
  await stop();
  const back = await restore(join(`${file}.namespaces`, "team-b.db"), "--namespace", "team-b");
  assert.equal(back.code, 0, back.said);
  assert.match(back.said, /start the servers/);
  let at = await restart();
  assert.deepEqual(await having(at, "before"), { default: 200, "team-a": 200, "team-b": 200 });
  assert.deepEqual(await having(at, "again"), { default: 200, "team-a": 200, "team-b": 404 });

  await stop();
  const whole = await restore(file);
  assert.equal(whole.code, 0, whole.said);
  at = await restart();
  assert.deepEqual(await having(at, "before"), { default: 200, "team-a": 200, "team-b": 200 });
  assert.deepEqual(await having(at, "later"), { default: 404, "team-a": 404, "team-b": 404 });
  await submitAll("goes-on");
  await stop();
}
