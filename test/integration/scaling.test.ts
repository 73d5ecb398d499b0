/**
 * A pool of real workers: its command starts them when tasks wait, and they go when nothing is left for them. Nothing is
 * lost on the way, and a command that fails says so.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import type { Page, TaskView } from "../../src/protocol/views.ts";
import type { PoolView, WorkerView } from "../../src/protocol/worker-views.ts";
import { freePort } from "../server-process.ts";
import { endProcess, Place, until } from "./place.ts";

const place = new Place({ OCTOPUS_LINK_HEARTBEAT: "300ms", OCTOPUS_TASKS_GRACE: "200ms" });
after(() => place.close());
afterEach(async () => {
  for (const { pid } of place.processes()) endProcess(pid, "SIGKILL");
  await until("the end of every process", () => place.processes().length === 0);
});

async function pool(): Promise<PoolView> {
  return (await place.call<Page<PoolView>>("GET", "/pools")).body.items[0]!;
}

async function online(): Promise<string[]> {
  const { items } = (await place.call<Page<WorkerView>>("GET", "/workers")).body;
  return items.filter(({ state }) => state === "online").map(({ name }) => name);
}

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const SETTINGS = {
  OCTOPUS_POOLS_SMALL_LABELS: "pool=small",
  OCTOPUS_POOLS_SMALL_MAX: "2",
  OCTOPUS_POOLS_SMALL_SLOTS: "2",
  OCTOPUS_POOLS_SMALL_WAIT: "1s",
  OCTOPUS_POOLS_SMALL_IDLE: "2s",
  OCTOPUS_POOLS_SMALL_COOLDOWN: "500ms",
};

test("it grows to its most with the work that waits, and shrinks to its least without; nothing is lost", async () => {
  place.port = 0;
  const env = { ...SETTINGS, OCTOPUS_POOLS_SMALL_SCALE_UP: `exec ${process.execPath} ${MAIN} worker` };
  const server = await place.serve("server", [], env);
  assert.deepEqual([(await pool()).workers, (await pool()).desired], [0, 0]);
  const target = { labels: { pool: "small" } };
  const tasks = Array.from({ length: 16 }, (_, at) => ({ id: `s${at}`, shell: "sleep 0.7", target }));
  assert.ok(await place.takes(tasks));
  await until("both workers", async () => (await online()).length === 2);
  assert.deepEqual((await online()).toSorted(), ["small-1", "small-2"]);
  await until("the end of all", async () => {
    const { items } = (await place.call<Page<TaskView>>("GET", "/tasks?limit=50")).body;
    assert.ok(
      items.every(({ attempt }) => attempt <= 1),
      "nothing was done twice",
    );
    return items.every(({ state }) => state === "succeeded") && items.length === 16;
  });
  await until("the least", async () => (await online()).length === 0 && (await pool()).workers === 0);
  const { desired, backlog, lastError, lastScaledAt } = await pool();
  assert.deepEqual([desired, backlog, lastError], [0, 0, undefined]);
  assert.ok(lastScaledAt !== undefined);
  const printed = await place.run(["pools"]);
  assert.match(printed.out, /small +0 +0 +0-2 +.*nothing waits/, printed.err);
  server.child.kill("SIGTERM");
  assert.equal(await server.end, 0, server.err());
  assert.deepEqual(place.processes(), []);
});

test("workers that run when the server stops end with it; commands that fail wait and say why", async () => {
  place.port = 0;
  const flag = `${place.dir}/fixed`;
  const up = `test -e ${flag} || { echo no machine >&2; exit 3; }; exec ${process.execPath} ${MAIN} worker`;
  const env = { ...SETTINGS, OCTOPUS_POOLS_SMALL_MIN: "1", OCTOPUS_POOLS_SMALL_SCALE_UP: up };
  const server = await place.serve("server", [], env);
  await until("the failure", async () => (await pool()).lastError !== undefined);
  assert.match((await pool()).lastError!, /small-1 exited with code 3: no machine/);
  assert.ok(await place.takes([{ id: "fix", shell: "true", target: { labels: { pool: "small" } } }]));
  await place.run(["pools"]).then(({ out }) => assert.match(out, /exited with code 3/));
  writeFileSync(flag, "");
  await until("the worker", async () => (await online()).includes("small-1"));
  await until("the end of the trouble", async () => (await pool()).lastError === undefined);
  server.child.kill("SIGTERM");
  assert.equal(await server.end, 0, server.err());
  await until("the end of the worker", () => place.processes().length === 0);
});

test("a command may start the worker elsewhere, and another one end it when it has nothing left to do", async () => {
  place.port = 0;
  const pids = `${place.dir}/pids`;
  const env = {
    ...SETTINGS,
    OCTOPUS_POOLS_SMALL_SCALE_UP: `${process.execPath} ${MAIN} worker >/dev/null 2>&1 </dev/null & echo $! > ${pids}.$OCTOPUS_WORKER_NAME`,
    OCTOPUS_POOLS_SMALL_SCALE_DOWN: `echo $OCTOPUS_WORKER_NAME >> ${pids}.down; kill $(cat ${pids}.$OCTOPUS_WORKER_NAME)`,
  };
  const server = await place.serve("server", [], env);
  assert.ok(await place.takes([{ id: "d1", shell: "sleep 1", target: { labels: { pool: "small" } } }]));
  await until("the task", async () => (await place.call<TaskView>("GET", "/tasks/d1")).body.state === "succeeded");
  await until("the least", async () => (await pool()).workers === 0 && (await pool()).draining === 0);
  assert.equal(readFileSync(`${pids}.down`, "utf8"), "small-1\n");
  assert.deepEqual([(await pool()).lastError, (await pool()).desired], [undefined, 0]);
  server.child.kill("SIGTERM");
  assert.equal(await server.end, 0, server.err());
});

test("where tokens are needed, each worker of a pool gets one of its own; what was done is in the audit log", async () => {
  place.port = await freePort();
  const env = {
    ...SETTINGS,
    OCTOPUS_ACCESS_MODE: "on",
    OCTOPUS_TLS_MODE: "on",
    OCTOPUS_POOLS_SMALL_MAX: "1",
    OCTOPUS_POOLS_SMALL_SCALE_UP: `exec ${process.execPath} ${MAIN} worker`,
  };
  const server = place.start(["server", "--port", String(place.port), "--data", place.data], { env });
  const out = async (...args: string[]): Promise<string> => {
    const started = place.start(args, { env: { OCTOPUS_DATA_DIR: place.data } });
    await started.end;
    return started.out() + started.err();
  };
  await until("the server", async () => (await out("pools")).includes("small"));
  const submitted = await out("submit", "--target", "pool == small", "--wait", "-o", "json", "--", "echo", "hi");
  assert.match(submitted, /"state": *"succeeded"/);
  assert.match(await out("token", "ls"), /pool small-1 +.*worker/);
  await until("the end of the worker", async () => /small +0 +0/.test(await out("pools")));
  await until("the end of its token", async () => /pool small-1 .*revoked/.test(await out("token", "ls")));
  assert.match(await out("audit", "--action", "pool.start"), /pool small .*small-1/);
  server.child.kill("SIGTERM");
  assert.equal(await server.end, 0, server.err());
});
