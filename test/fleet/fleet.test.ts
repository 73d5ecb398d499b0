/**
 * Workers on machines of their own: how they join, and what happens when the network, a worker or the server goes away. A
 * lease is a few seconds here; "shorter" and "longer" are meant against it.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createPrng } from "../../src/base/prng.ts";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import type { WaitingWorkerView } from "../../src/protocol/worker-views.ts";
import { endProcess, type Started, until } from "../integration/place.ts";
import { FleetPlace } from "./fleet-place.ts";
import { noNamespaces } from "./network.ts";

const HOSTS = ["a", "b", "c", "d"] as const;
const LEASE_MS = 8000;
/** Most of the time goes into starting others in their place: `OCTOPUS_TEST_KILLS=100` for a longer look. */
const KILLS = Number(process.env["OCTOPUS_TEST_KILLS"] ?? 20);

describe("many machines", { skip: noNamespaces() }, () => {
  let fleet: FleetPlace;
  const running = new Map<string, Started>();
  const file = (name: string): string => join(fleet.place.dir, name);
  const lines = (name: string): string[] =>
    existsSync(file(name)) ? readFileSync(file(name), "utf8").split("\n").filter(Boolean) : [];
  const start = (host: string): void => void running.set(host, fleet.worker(host));

  before(async () => {
    fleet = new FleetPlace({ lease: `${LEASE_MS}ms`, heartbeat: "500ms", hosts: HOSTS });
    await fleet.serve();
    assert.notEqual(fleet.join, "", "the first start prints a join token");
    for (const host of HOSTS) start(host);
    await fleet.online(...HOSTS);
  });
  after(() => fleet.close());

  /** A command that says where it runs and as which attempt, then waits for a file. */
  const waiting = (name: string, more: Partial<TaskSubmission> = {}): TaskSubmission => ({
    shell: `echo "$OCTOPUS_ATTEMPT $$" >> ${file(name)}; while ! [ -e ${file(name)}.$OCTOPUS_ATTEMPT ]; do sleep 0.05; done; echo "$OCTOPUS_ATTEMPT"`,
    ...more,
  });
  const go = (name: string, attempt: number): void => writeFileSync(`${file(name)}.${attempt}`, "");
  const pidOf = async (name: string, attempt: number): Promise<number> =>
    until(`attempt ${attempt} of ${name}`, () => {
      const line = lines(name).find((one) => one.startsWith(`${attempt} `));
      return line === undefined ? undefined : Number(line.split(" ")[1]);
    });

  test("E3 C9 a join token is all that a worker needs, over TLS, and work is spread over the machines", async () => {
    const ids = await fleet.submit(HOSTS.map((host) => ({ shell: "true", worker: host })));
    for (const id of ids) assert.equal((await fleet.ended(id)).state, "succeeded");
    const names = ids.map((_, index) => `spread-${index}`);
    const spread = await fleet.submit(names.map((name) => waiting(name)));
    for (const name of names) await pidOf(name, 1);
    const workers = await Promise.all(spread.map(async (id) => (await fleet.task(id)).worker));
    assert.deepEqual(new Set(workers), new Set(HOSTS));
    for (const name of names) go(name, 1);
    for (const id of spread) await fleet.ended(id);
  });

  test("a partition that is shorter than the lease repeats nothing", async () => {
    const [id] = await fleet.submit([waiting("short", { worker: "a" })]);
    await pidOf("short", 1);
    fleet.network.cut("a");
    // Most of it is left for the way back: bytes that found nobody are sent again after a while that grows.
    await until("a part of the lease without a word", async () => {
      const worker = (await fleet.workers()).find(({ name }) => name === "a");
      return (worker?.silentMs ?? 0) > LEASE_MS / 6;
    });
    go("short", 1);
    fleet.network.heal("a");
    const ended = await fleet.ended(id!);
    assert.deepEqual([ended.state, ended.attempts.length], ["succeeded", 1]);
    assert.equal(lines("short").length, 1);
    await fleet.online(...HOSTS);
  });

  test("C10 E4 beyond the lease the task is repeated elsewhere, the late result refused", async () => {
    const [id] = await fleet.submit([waiting("late", { target: { prefer: "host", labels: "name != d" } })]);
    await pidOf("late", 1);
    const first = (await fleet.task(id!)).worker!;
    fleet.network.cut(first);
    await pidOf("late", 2);
    // The first attempt ends where nobody hears of it, and tells of it later.
    go("late", 1);
    fleet.network.heal(first);
    await fleet.online(...HOSTS);
    assert.equal((await fleet.task(id!)).state, "running");
    go("late", 2);
    const ended = await fleet.ended(id!);
    assert.deepEqual(
      ended.attempts.map(({ outcome }) => outcome),
      ["lost", "succeeded"],
    );
    assert.notEqual(ended.worker, first);
  });

  test("beyond the lease, what still runs on a worker that comes back is killed", async () => {
    const [id] = await fleet.submit([waiting("old")]);
    const pid = await pidOf("old", 1);
    const first = (await fleet.task(id!)).worker!;
    fleet.network.cut(first);
    await pidOf("old", 2);
    assert.ok(existsSync(`/proc/${pid}`), "nobody could tell it yet");
    fleet.network.heal(first);
    await until("the end of the old process", () => !existsSync(`/proc/${pid}`));
    go("old", 2);
    assert.equal((await fleet.ended(id!)).state, "succeeded");
    await fleet.online(...HOSTS);
  });

  test("a worker that stands still for longer than its lease is a lost one until it goes on", async () => {
    const [id] = await fleet.submit([waiting("still", { worker: "b" }), waiting("other")]);
    const pid = await pidOf("still", 1);
    endProcess(running.get("b")!.pid, "SIGSTOP");
    await until("the loss of its attempt", async () => (await fleet.task(id!)).state === "queued");
    endProcess(running.get("b")!.pid, "SIGCONT");
    await pidOf("still", 2);
    await until("the end of the old process", () => !existsSync(`/proc/${pid}`));
    go("still", 2);
    go("other", 1);
    go("other", 2);
    const ended = await fleet.ended(id!);
    assert.deepEqual([ended.state, ended.attempts.length], ["succeeded", 2]);
    await fleet.online(...HOSTS);
  });

  test("workers and the server are restarted one after the other, and no task is lost or done twice", async () => {
    const ids = await fleet.submit(
      Array.from({ length: 400 }, (_, n) => ({ shell: `sleep 0.1; echo ${n} >> ${file("rolling")}` })),
    );
    for (const host of HOSTS) {
      const seen = lines("rolling").length;
      endProcess(running.get(host)!.pid, "SIGTERM");
      await running.get(host)!.end;
      start(host);
      await fleet.online(...HOSTS);
      await until("work that goes on", () => lines("rolling").length > seen || lines("rolling").length === ids.length);
    }
    endProcess(fleet.server.pid, "SIGTERM");
    await fleet.server.end;
    await fleet.serve();
    for (const id of ids) assert.equal((await fleet.ended(id)).state, "succeeded");
    const done = lines("rolling").map(Number);
    assert.deepEqual(
      done.toSorted((x, y) => x - y),
      ids.map((_, n) => n),
    );
    await fleet.online(...HOSTS);
  });

  test("workers are killed under load: nothing lost, nothing with two results", async () => {
    const prng = createPrng(5);
    const ids: string[] = [];
    let kills = 0;
    while (kills < KILLS) {
      const count = ids.length;
      ids.push(
        ...(await fleet.submit(Array.from({ length: 40 }, (_, n) => ({ shell: `sleep 0.05; echo ${count + n}` })))),
      );
      const victims = HOSTS.filter(() => prng.chance(0.6));
      for (const host of victims) endProcess(running.get(host)!.pid, "SIGKILL");
      for (const host of victims) await running.get(host)!.end;
      kills += victims.length;
      for (const host of victims) start(host);
      await fleet.online(...HOSTS);
    }
    for (const id of ids) {
      const ended = await fleet.ended(id);
      assert.equal(ended.state, "succeeded", `${id}: ${ended.reason}`);
      assert.equal(ended.attempts.filter(({ outcome }) => outcome === "succeeded").length, 1);
    }
  });

  test("E3 a worker without a token finds the server by mDNS, and works when a person has approved it", async () => {
    const found = fleet.worker("d", ["--trust-first", "--name", "newcomer", "--dir", file("state-newcomer")]);
    const waits = await until("a worker that waits", async () => {
      const { body } = await fleet.call<{ items: WaitingWorkerView[] }>("GET", "/workers/waiting");
      return body.items.find(({ name }) => name === "newcomer");
    });
    // Both sides show the key, so that people can compare.
    await until("the key on the worker's side", () => (found.err() + found.out()).includes(waits.fingerprint));
    const { status } = await fleet.call("POST", "/workers/newcomer/approve", {});
    assert.ok(status < 300);
    await fleet.online(...HOSTS, "newcomer");
    const [id] = await fleet.submit([{ shell: "echo here", worker: "newcomer" }]);
    assert.equal((await fleet.ended(id!)).state, "succeeded");
    endProcess(found.pid, "SIGTERM");
    assert.equal(await found.end, 0);
  });
});
