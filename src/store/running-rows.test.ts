import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { AppliedTurn } from "../cluster/replica-tables.ts";
import { type Event, EVENT_VERSION } from "../core/event.ts";
import { openDatabase } from "./database.ts";
import { createReplicaTables, makeReplica } from "./replica.ts";

const submitted = (task: number): Event => ({
  ...{ type: "TaskSubmitted", task, state: "queued", taskType: "noop", kind: "call", arm: "default", priority: 5 },
  work: '{"kind":"call","call":"noop"}',
});
const started = (task: number, attempt = 1): Event => ({
  ...{ type: "AttemptStarted", task, attempt, worker: "w", admittedAt: task % 2 === 0 ? 5 : undefined },
});
const ended = (task: number, attempt: number, next: "succeeded" | "queued"): Event => ({
  ...{ type: "AttemptEnded", task, attempt, worker: "w", startedAt: 20, next, counted: true },
  outcome: next === "succeeded" ? "succeeded" : "failed",
  admittedAt: task % 2 === 0 ? 5 : undefined,
});

/** What a leader decided: tasks that end at once, that are tried again, that still run, and one that somebody cancels. */
const TURNS: readonly AppliedTurn[] = [
  [submitted(1), submitted(2), submitted(3), submitted(4), submitted(5), started(1), started(2)],
  [ended(1, 1, "succeeded"), ended(2, 1, "queued"), started(3), started(4)],
  [started(2, 2), ended(3, 1, "succeeded")],
  [{ type: "CancelRequested", task: 4, reason: "cancelled" } as Event, ended(2, 2, "succeeded"), started(5)],
].map((events, n): AppliedTurn => ({
  batch: { version: EVENT_VERSION, at: 10 + n * 10, events },
  summary: { lastTask: 5, lastRun: 0, counts: {} as never, runCounts: {} as never, arms: {}, meters: [] },
}));

function rowsAfter(apply: (all: (turns: readonly AppliedTurn[]) => void) => void): unknown {
  const db: DatabaseSync = openDatabase(":memory:");
  makeReplica(db, { cluster: "c", shard: "s" });
  const tables = createReplicaTables(db, undefined);
  apply((turns) => tables.apply(turns, { seq: 4, term: 1, epoch: 0, chain: "x" }));
  const rows = ["task", "running", "attempt", "audit"].map((name) =>
    db.prepare(`SELECT * FROM ${name} ORDER BY 1`).all(),
  );
  db.close();
  return rows;
}

test("many turns in one transaction leave the rows that each by itself leaves", () => {
  const each = rowsAfter((apply) => TURNS.forEach((turn) => apply([turn])));
  assert.deepEqual(
    rowsAfter((apply) => apply(TURNS)),
    each,
  );
  const [, running] = each as [unknown, { task: number; cancel: string | null }[]];
  assert.deepEqual(
    running.map(({ task, cancel }) => [task, cancel]),
    [
      [4, "cancelled"],
      [5, null],
    ],
  );
});
