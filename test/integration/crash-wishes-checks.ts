/** What must hold of the database, of what commands wrote and of what was delivered, however often processes died. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import type { HookReceiver } from "./hook-receiver.ts";
import type { Place } from "./place.ts";

/**
 * Never more side by side than allowed: `lines` are `+ NAME TASK ATTEMPT` and `- NAME TASK ATTEMPT` in the order in which
 * they were written. An attempt whose worker was killed writes no end: it is taken off when the next one begins, and
 * must have been recorded as lost. Answers how many of those wrote an end after that.
 */
export function checkSideBySide(db: DatabaseSync, lines: readonly string[], limits: Map<string, number>): number {
  const outcome = db.prepare("SELECT outcome FROM attempts WHERE task = ? AND attempt = ?");
  const running = new Map<string, Set<string>>();
  const given = new Set<string>();
  let late = 0;
  for (const line of lines) {
    const [sign, name, task, attempt] = line.split(" ") as [string, string, string, string];
    const holders = running.get(name) ?? new Set();
    running.set(name, holders);
    const me = `${task} ${attempt}`;
    if (sign === "-") {
      if (!holders.delete(me))
        late += given.has(`${name} ${me}`) ? 1 : assert.fail(`${line}: it ended and never began`);
      continue;
    }
    holders.add(me);
    if (name === "cache" || holders.size <= (limits.get(name) ?? 1)) continue;
    for (const holder of holders) {
      const [id, number] = holder.split(" ") as [string, string];
      if (outcome.get(id, Number(number))?.["outcome"] !== "lost") continue;
      holders.delete(holder);
      given.add(`${name} ${holder}`);
    }
    assert.ok(holders.size <= (limits.get(name) ?? 1), `${name}: ${[...holders].join(", ")} at once`);
  }
  return late;
}

/** In any stretch of time no more starts than the bucket held and what was refilled meanwhile. */
export function checkRate(db: DatabaseSync, rate: { limit: number; per: number; burst: number }): void {
  const rows = db
    .prepare(
      `SELECT unixepoch(attempts.started_at, 'subsec') * 1000 AS at FROM attempts JOIN tasks ON tasks.id = attempts.task
       WHERE asks ->> '$.rate.key' = 'api' ORDER BY 1`,
    )
    .all() as { at: number }[];
  assert.ok(rows.length > rate.burst, "the rate was never reached");
  for (const [index, { at: from }] of rows.entries())
    for (const [further, { at: to }] of rows.slice(index).entries()) {
      const allowed = rate.burst + ((to - from) / rate.per) * rate.limit;
      assert.ok(further + 1 <= allowed + 1e-6, `${further + 1} starts within ${to - from} ms, allowed ${allowed}`);
    }
}

/** Of each key one task has run to its end, and all others have its result. */
export function checkCache(db: DatabaseSync): void {
  const made = db
    .prepare(
      `SELECT cache_key AS key, sum(cached_from IS NULL) AS made FROM ask WHERE cache_key IS NOT NULL GROUP BY 1`,
    )
    .all();
  assert.ok(made.length > 0, "nothing was cached");
  for (const { key, made: count } of made) assert.equal(count, 1, `${String(key)} was made ${String(count)} times`);
}

/** A tick makes one task; with overlap `allow` none is left out while restarts take less than a minute. */
export function checkTicks(db: DatabaseSync): void {
  const twice = db
    .prepare("SELECT schedule, tick, count(*) AS n FROM tasks WHERE schedule IS NOT NULL GROUP BY 1, 2 HAVING n > 1")
    .all();
  assert.deepEqual(twice, [], "ticks that made two tasks");
  const ticks = db.prepare("SELECT tick FROM tasks WHERE schedule = 'each' ORDER BY tick").all() as { tick: string }[];
  assert.ok(ticks.length >= 3, `only ${ticks.length} ticks`);
  for (const [index, { tick }] of ticks.entries()) {
    const first = Date.parse(ticks[0]!.tick);
    assert.equal(Date.parse(tick), first + index * 1000, `${tick} follows ${ticks[index - 1]?.tick}`);
  }
}

/** Each task that ended has told so at least once, under one id, signed, and about itself. */
export function checkHooks(db: DatabaseSync, hooks: HookReceiver): number {
  const expected = db
    .prepare(
      `SELECT tasks.id, delivery.id AS delivery FROM tasks LEFT JOIN tasks AS delivery
         ON delivery.callback_of = tasks.id AND delivery.kind = 'http'
       WHERE tasks.id LIKE 'k%' AND EXISTS (SELECT 1 FROM ask WHERE ask.task = tasks.seq AND callbacks LIKE '%/hook%')`,
    )
    .all() as { id: string; delivery: string | null }[];
  assert.ok(expected.length > 0, "no task had a callback");
  const byTask = Map.groupBy(hooks.received, ({ task }) => task);
  assert.equal(new Set(expected.map(({ id }) => id)).size, expected.length, "one delivery for each task");
  for (const { id, delivery } of expected) {
    const got = byTask.get(id) ?? [];
    assert.ok(
      got.some(({ taken }) => taken),
      `nobody was told of ${id}`,
    );
    for (const { id: hook, isSigned, type } of got)
      assert.deepEqual([hook, isSigned, type], [delivery, true, "task.succeeded"], id);
    assert.equal(new Set(got.map(({ news }) => news)).size, 1, id);
  }
  return hooks.received.length;
}

/** What commands left in their folder can be fetched, and is what its hash says. */
export async function checkFiles(
  db: DatabaseSync,
  place: Place,
  tasks: ReadonlyMap<string, TaskSubmission>,
): Promise<number> {
  const select = db.prepare("SELECT path, sha256 FROM artifacts WHERE task = ? ORDER BY path, attempt DESC");
  let count = 0;
  for (const [id, task] of tasks) {
    if (typeof task.shell !== "string" || !task.shell.includes("OCTOPUS_ARTIFACTS")) continue;
    const rows = select.all(id);
    assert.deepEqual([...new Set(rows.map(({ path }) => path))], ["own", "same"], id);
    const response = await fetch(`${place.url}/api/v1/tasks/${id}/artifacts/own`);
    const text = await response.text();
    assert.deepEqual([response.status, text], [200, `${id}\n`], id);
    assert.equal(rows[0]!["sha256"], createHash("sha256").update(text).digest("hex"));
    count += rows.length;
  }
  assert.ok(count > 0, "no task left a file");
  return count;
}
