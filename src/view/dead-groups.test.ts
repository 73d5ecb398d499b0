import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskView } from "../protocol/views.ts";
import { groupDead, shapeOf } from "./dead-groups.ts";

function dead(id: string, message: string, more: Partial<TaskView> = {}): TaskView {
  return {
    ...{
      id,
      type: "report",
      kind: "call",
      arm: "batch",
      priority: 5,
      state: "failed",
      attempt: 3,
      tags: [],
      needs: [],
    },
    ...{ createdAt: "2026-11-21T10:00:00.000Z", endedAt: "2026-11-21T11:00:00.000Z", work: {}, dead: true },
    error: { message, kind: "TypeError" },
    ...more,
  };
}

test("errors that differ in numbers, ids and quoted values only are the same", () => {
  assert.equal(shapeOf('cannot read "a b" of order 7712'), shapeOf('cannot read "c" of order 9'));
  assert.equal(shapeOf("no 3f2b8a9c11"), shapeOf("no deadbeef01"));
  assert.equal(shapeOf("no 9b2d6d1e-1111-4a2b-8c3d-0123456789ab"), "no #");
  assert.equal(shapeOf("took 1,200.5 ms at 12:30:01"), "took # ms at #");
  assert.notEqual(shapeOf("connection refused"), shapeOf("connection reset"));
  assert.equal(shapeOf("added facade"), "added facade");
});

test("dead letters are grouped by type and error, the largest group first", () => {
  const groups = groupDead([
    dead("t1", "exit code 2", { type: "shell" }),
    dead("t2", "row 1 is bad", { endedAt: "2026-11-21T12:00:00.000Z", arm: "web" }),
    dead("t3", "row 22 is bad"),
    dead("t4", "row 3 is bad", { type: "shell" }),
    dead("t5", "row 3 is bad", { error: { message: "row 3 is bad", kind: "RangeError" } }),
  ]);
  assert.deepEqual(
    groups.map(({ tasks }) => tasks.map(({ id }) => id)),
    [["t2", "t3"], ["t1"], ["t4"], ["t5"]],
  );
  assert.equal(groups[0]!.cause, "row 1 is bad");
  assert.deepEqual(groups[0]!.arms, ["web", "batch"]);
  assert.equal(groups[0]!.oldestAt, "2026-11-21T11:00:00.000Z");
});

test("a dead letter without words is in a group, too", () => {
  const { error: _, ...bare } = dead("t1", "");
  assert.equal(groupDead([bare])[0]!.cause, "no reason was given");
});
