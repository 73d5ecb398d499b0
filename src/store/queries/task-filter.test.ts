/** Filters that are meant to be selective are answered by an index, and say the same as a look at every task. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { DatabaseSync } from "node:sqlite";
import type { BulkFilter } from "../../engine/api.ts";
import { openDatabase } from "../database.ts";
import { Projection } from "../project.ts";
import { countTasks, matchTasks } from "./match-tasks.ts";
import { selectTasks } from "./task-filter.ts";

const db: DatabaseSync = openDatabase(":memory:");
after(() => db.close());
const projection = new Projection(db);
const plain = { type: "TaskSubmitted", taskType: "f", kind: "call", work: "{}", priority: 5, state: "queued" } as const;
const TASKS = 400;
for (let task = 1; task <= TASKS; task++) {
  const asks =
    task % 4 === 0
      ? {
          owner: `o${task % 3}`,
          concurrency: { key: `k${task % 5}`, limit: 1 },
          origin:
            task % 8 === 0
              ? { type: "schedule" as const, schedule: `s${task % 7}`, tick: task }
              : { type: "callback" as const, task: task % 10, on: "end" as const },
        }
      : undefined;
  // Several tasks share a time, and some moments have none.
  projection.apply({ ...plain, task, arm: task % 2 === 0 ? "gpu" : "default", asks }, Math.floor(task / 4) * 10);
  if (task % 10 !== 0) continue;
  projection.apply({ type: "AttemptStarted", task, attempt: 1, worker: "w" }, task);
  const ended = { type: "AttemptEnded", task, attempt: 1, worker: "w", startedAt: 1, counted: true } as const;
  const isDead = task % 20 === 0;
  projection.apply({ ...ended, outcome: "failed", next: "failed", ...(isDead && { dead: true }) }, task);
}

const resolve = (id: string): number => Number(id.slice(1));
const all = Array.from({ length: TASKS }, (_, i) => i + 1);
const asking = (task: number): boolean => task % 4 === 0;
const CASES: [string, BulkFilter, (task: number) => boolean, RegExp][] = [
  ["owner", { owner: "o1" }, (n) => asking(n) && n % 3 === 1, /SEARCH ask USING .*INDEX ask_owner/],
  ["key", { key: "k0" }, (n) => asking(n) && n % 5 === 0, /SEARCH ask USING .*INDEX ask_concurrency_key/],
  ["schedule", { schedule: "s1" }, (n) => n % 8 === 0 && n % 7 === 1, /SEARCH ask USING .*INDEX ask_schedule/],
  ["callbackOf", { callbackOf: "t2" }, (n) => n % 8 === 4 && n % 10 === 2, /SEARCH ask USING .*INDEX ask_callback_of/],
  ["dead", { dead: true }, (n) => n % 20 === 0, /SEARCH task USING INDEX task_state/],
  ["ids", { ids: ["t3", "t9999", "t8"] }, (n) => n === 3 || n === 8, /SEARCH task USING INTEGER PRIMARY KEY/],
  ["from", { from: 251 }, (n) => Math.floor(n / 4) * 10 >= 251, /SEARCH task USING INTEGER PRIMARY KEY/],
  ["to", { to: 251 }, (n) => Math.floor(n / 4) * 10 < 251, /SEARCH task USING INTEGER PRIMARY KEY/],
  ["from beyond the end", { from: 1e9 }, () => false, /SEARCH task USING INTEGER PRIMARY KEY/],
  ["owner and arm", { owner: "o1", arm: "gpu" }, (n) => asking(n) && n % 3 === 1, /ask_owner/],
  ["state", { state: ["failed"] }, (n) => n % 10 === 0, /task_state/],
  ["owner and dead", { owner: "o2", dead: true }, (n) => asking(n) && n % 3 === 2 && n % 20 === 0, /ask/],
  ["arm", { arm: "default" }, (n) => n % 2 === 1, /task/],
];

for (const [name, filter, matches, plan] of CASES) {
  test(`by ${name}`, () => {
    const wanted = all.filter(matches);
    const found: number[] = [];
    for (let cursor = 0; ; cursor = found.at(-1)!) {
      const step = matchTasks(db, filter, resolve, { cursor, limit: 7 });
      if (step.length === 0) break;
      found.push(...step.map(({ task }) => task));
    }
    assert.deepEqual(found, wanted);
    assert.equal(countTasks(db, filter, resolve), wanted.length);
    const { tables, seq, where, values } = selectTasks(db, filter, resolve);
    const sql = `EXPLAIN QUERY PLAN SELECT task.seq FROM ${tables} WHERE ${[`${seq} < ?`, ...where].join(" AND ")}
      ORDER BY ${seq} DESC LIMIT 10`;
    const steps = (db.prepare(sql).all(1e9, ...values) as { detail: string }[]).map(({ detail }) => detail).join("; ");
    assert.match(steps, plan);
    if (name !== "ids") assert.doesNotMatch(steps, /TEMP B-TREE FOR ORDER BY/);
  });
}
