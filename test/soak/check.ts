/**
 * What has to be true when all is mended: every task that was acknowledged has succeeded, with one result, and was carried
 * out; every run has ended; all replicas hold the same rows, and answer alike.
 *
 * SC1  Rows are compared only when no server applies anything any more; the comparison is made again where one does.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import type { TaskDetail } from "../../src/protocol/views.ts";
import { dump, sameTables } from "../integration/cluster-place.ts";
import { until } from "../integration/place.ts";
import type { Load } from "./load.ts";
import type { World } from "./world.ts";

const COMPARE_TIMES = 5;
/** Of the newest tasks so many are asked of each server. */
const ASKED = 5;

/** Waits until nothing is open any more on any server. */
export async function drain(world: World): Promise<void> {
  for (const server of world.servers) {
    let left = "it was not asked";
    let isMoving = Date.now();
    // However long it takes on a machine that has other work, as long as something ends.
    while (left !== "") {
      const rows = openAt(server.data);
      if (rows !== left) [left, isMoving] = [rows, Date.now()];
      if (Date.now() - isMoving > STUCK_MS) throw new Error(`at ${server.name} these do not end: ${left}`);
      await delay(LOOK_MS);
    }
  }
}

const STUCK_MS = 90_000;
const LOOK_MS = 50;

/** Tasks and runs that have not ended, in words. */
function openAt(dir: string): string {
  return query(dir, (db) => {
    const states = "('blocked', 'scheduled', 'queued', 'running')";
    const tasks = db.prepare(`SELECT id, state, reason, worker FROM tasks WHERE state IN ${states} LIMIT 20`).all();
    const runs = db.prepare("SELECT id, state FROM runs WHERE ended_at IS NULL LIMIT 20").all();
    return [...tasks, ...runs].map((row) => JSON.stringify(row)).join(" ");
  });
}

function query<T>(dir: string, ask: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(dir, "octopus.db"), { readOnly: true, timeout: 10_000 });
  try {
    return ask(db);
  } finally {
    db.close();
  }
}

/** Where each server is; undefined: they are not at the same record. `hear` is told what each says. */
async function position(world: World, hear: (words: string) => void = () => {}): Promise<string | undefined> {
  const views = await Promise.all(world.servers.map((server) => world.view(server)));
  hear(JSON.stringify(views));
  const words = views.map((view) => `${view?.seq}/${view?.last}/${view?.term}`);
  const isSame = views.every((view) => view?.seq === view?.last) && new Set(words).size === 1;
  return isSame && views[0] !== undefined ? words[0] : undefined;
}

export async function check(world: World, load: Load): Promise<ClusterView> {
  await sameRows(world);
  resultsOf(world, load);
  for (const server of world.servers) {
    for (const id of load.tasks.slice(-ASKED)) {
      const { status, body } = await world.ask<TaskDetail>(server, "GET", `/tasks/${id}`);
      assert.equal(status, 200, `${server.name} does not know ${id}: ${JSON.stringify(body)}`);
      assert.equal(body.state, "succeeded", `${id} at ${server.name}`);
    }
    for (const id of load.withFile.filter((one) => load.tasks.includes(one)).slice(-1)) {
      const response = await fetch(`${server.url}/api/v1/tasks/${id}/artifacts/f`, {
        signal: AbortSignal.timeout(30_000),
      });
      assert.equal(await response.text(), `${id}\n`, `the file of ${id} at ${server.name}`);
    }
  }
  return (await world.view(world.servers[0]!))!;
}

async function sameRows(world: World): Promise<void> {
  for (let times = 1; ; times++) {
    let seen = "";
    const at = await until("all servers are at the same record", () =>
      position(world, (words) => (seen = words)),
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${seen}`, { cause: error });
    });
    const [one, ...others] = world.servers.map(({ data }) => dump(data));
    try {
      for (const other of others) sameTables(other, one!);
      return;
    } catch (error) {
      const isStill = (await position(world)) === at;
      if (isStill && times >= 2) throw error;
      if (times >= COMPARE_TIMES) throw error;
    }
  }
}

function resultsOf({ servers }: World, load: Load): void {
  const { data } = servers[0]!;
  const states = new Map<string, string>();
  const good = new Map<string, number>();
  const runs = new Map<string, string>();
  query(data, (db) => {
    for (const row of db.prepare("SELECT id, state FROM tasks").all() as { id: string; state: string }[]) {
      assert.ok(!states.has(row.id), `there are two tasks ${row.id}`);
      states.set(row.id, row.state);
    }
    for (const { task } of db.prepare("SELECT task FROM attempts WHERE outcome = 'succeeded'").all() as {
      task: string;
    }[])
      good.set(task, (good.get(task) ?? 0) + 1);
    for (const row of db.prepare("SELECT id, state FROM runs").all() as { id: string; state: string }[])
      runs.set(row.id, row.state);
  });
  const carriedOut = new Set(readFileSync(load.effects, "utf8").split("\n"));
  for (const id of load.tasks) {
    assert.equal(states.get(id), "succeeded", `${id} was acknowledged`);
    assert.equal(good.get(id), 1, `${id} has so many results`);
    assert.ok(carriedOut.has(id), `${id} was not carried out`);
  }
  for (const [id, times] of good) assert.equal(times, 1, `${id} has so many results`);
  for (const id of load.runs) assert.equal(runs.get(id), "succeeded", `run ${id} was acknowledged`);
}
