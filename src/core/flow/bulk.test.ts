/** What the steps of a bulk action count. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";

test("a bulk that deletes a task with all that it holds counts the task, not what goes with it", () => {
  const core = new Harness();
  core.connect("w", 3);
  const numbers = core.submit({}, {}, {});
  for (const task of numbers) core.end(task, "succeeded");
  core.turn({ type: "StartBulk", action: "delete", filter: "{}", total: 1 });
  const tasks = numbers.map((task) => ({ task, state: "succeeded" as const }));
  const step = [{ type: "DeleteTasks" as const, tasks, chosen: 1 }];
  core.turn({ type: "AdvanceBulk", bulk: 1, done: 0, failed: 0, cursor: 3, ended: "done", step });
  const progressed = core.events.findLast(({ type }) => type === "BulkProgressed");
  assert.deepEqual(progressed, { type: "BulkProgressed", bulk: 1, done: 1, failed: 0, cursor: 3, ended: "done" });
});
