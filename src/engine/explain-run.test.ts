import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskState } from "../base/words.ts";
import type { Explanation, TaskView } from "../protocol/views.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { explainRun } from "./explain-run.ts";

function task(name: string, state: TaskState, reason?: string): TaskView {
  const plain = { type: "shell", kind: "shell" as const, arm: "default", priority: 5, attempt: 0 };
  const times = { createdAt: "2026-01-01T00:00:00Z", tags: [], needs: [], work: null };
  return { id: `t-${name}`, name, state, ...plain, ...times, ...(reason !== undefined && { reason }) };
}

/** A run of these tasks; what is explained of each is its reason, under a code of its own where it waits. */
function explain(tasks: TaskView[], more: Partial<RunDetail> = {}) {
  const counts: Partial<Record<TaskState, number>> = {};
  for (const { state } of tasks) counts[state] = (counts[state] ?? 0) + 1;
  const run: RunDetail = { id: "r1", workflow: "w", state: "running", createdAt: "", counts, tasks: [], ...more };
  return explainRun(
    {
      run: (id) => (id === "r1" ? run : undefined),
      tasks: ({ state, limit }) => {
        const found = tasks.filter((one) => one.state === state![0]).toReversed();
        return { items: found.slice(0, limit), ...(found.length > limit! && { next: "1" }) };
      },
      explain: (id): Explanation => {
        const { state, reason } = tasks.find((one) => one.id === id)!;
        const reasons = state === "blocked" ? [{ code: "needs", message: reason!, about: reason! }] : [];
        return { id, state, summary: reason ?? "", reasons };
      },
    },
    "r1",
  )!;
}

test("tasks with the same reason are one group, numbers apart; what is waited for parts groups", () => {
  const found = explain([
    task("a", "failed", "bad line 7"),
    task("b", "failed", "bad line 12"),
    task("c", "blocked", "waits for a"),
    task("d", "blocked", "waits for b"),
    task("e", "succeeded"),
  ]);
  assert.deepEqual(
    found.groups.map(({ state, code, message, count, tasks }) => [state, code, message, count, tasks.length]),
    [
      ["failed", "ended", "bad line 7", 2, 2],
      ["blocked", "needs", "waits for a", 1, 1],
      ["blocked", "needs", "waits for b", 1, 1],
    ],
  );
  assert.equal(found.summary, "the run is running: 0 running, 2 waiting");
});

test("a large run is looked at within bounds, and says so", () => {
  const tasks = Array.from({ length: 1000 }, (_, i) => task(`n${i}`, "skipped", `when is false for item ${i}`));
  const found = explain(tasks);
  assert.deepEqual([found.groups.length, found.groups[0]!.count, found.groups[0]!.tasks.length], [1, 100, 5]);
  assert.deepEqual([found.counts, found.lookedAt, found.more], [{ skipped: 1000 }, { skipped: 100 }, true]);
});

test("the sentence on the run says what keeps it", () => {
  const summary = (more: Partial<RunDetail>): string => explain([], more).summary;
  assert.match(summary({ paused: true, reason: "lunch" }), /paused: lunch; resume it/);
  assert.match(summary({ waiting: true, group: { name: "g", limit: 1, overlap: "queue" } }), /a place in the group g/);
  assert.match(summary({ phase: "compensate", outcome: "failed" }), /main part is failed; what had succeeded/);
  assert.equal(summary({ state: "partial", endedAt: "x" }), "the run is partial");
});
