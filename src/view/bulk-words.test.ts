import assert from "node:assert/strict";
import { test } from "node:test";
import type { BulkView } from "../protocol/views.ts";
import { bulkProgress, bulkQuestion, bulksProgress } from "./bulk-words.ts";

test("the question names the count and what happens", () => {
  assert.deepEqual(bulkQuestion("cancel", 1234, {}, true), {
    title: "Cancel 1,234 tasks?",
    text: "1,234 tasks match the filter now. Those that run are stopped. Those that have ended stay as they are.",
    deed: "Cancel 1,234 tasks",
  });
  assert.equal(bulkQuestion("move", 1, { arm: "batch" }, false).title, "Move 1 task to batch?");
  assert.equal(bulkQuestion("priority", 2, { priority: 9 }, false).deed, "Change 2 tasks");
});

test("progress tells how far it is, and how it ended", () => {
  const bulk: BulkView = {
    id: "b1",
    action: "retry",
    filter: {},
    total: 1000,
    done: 600,
    failed: 3,
    state: "running",
    createdAt: "2026-11-21T12:00:00.000Z",
  };
  assert.equal(bulkProgress(bulk), "Retrying 1,000 tasks: 600 retried, 3 left as they were");
  assert.equal(bulkProgress({ ...bulk, state: "done", failed: 0 }), "Done: 600 retried");
  assert.equal(
    bulkProgress({ ...bulk, state: "cancelled" }),
    "Stopped: 600 retried, 3 left as they were of 1,000 tasks",
  );
});

test("several actions are one line", () => {
  const bulk: BulkView = {
    ...{ id: "b1", action: "cancel", filter: {}, total: 1000, done: 600, failed: 3 },
    ...{ state: "running", createdAt: "2026-11-21T12:00:00.000Z" },
  };
  const ended: BulkView = { ...bulk, id: "b2", state: "done", done: 20, failed: 0, total: 20 };
  assert.equal(bulksProgress([bulk, ended]), "1 of 2 actions under way: 603 of 1,000 tasks, 3 left as they were");
  assert.equal(bulksProgress([ended, ended]), "2 actions have ended: 40 tasks done");
});
