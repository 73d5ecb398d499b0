import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_SCHEDULE } from "./schedule-form.ts";
import { isOther, mergeSchedule } from "./schedule-merge.ts";

const before = { ...EMPTY_SCHEDULE, name: "s", command: "make", description: "nightly" };

test("what only one of two people has changed is what it is now", () => {
  const mine = { ...before, description: "each night" };
  const theirs = { ...before, cron: "0 4 * * *", kept: { catchUp: { max: 7 } } };
  const { form, taken, disputed } = mergeSchedule(before, mine, theirs);
  assert.deepEqual(form, { ...theirs, description: "each night" });
  assert.deepEqual([taken, disputed], [["when it is due"], []]);
});

test("what both have changed is told, and mine stands; the same change of both is none", () => {
  const mine = { ...before, whenKind: "every" as const, every: "2h", isPaused: true };
  const theirs = { ...before, cron: "0 4 * * *", isPaused: true, command: "make all" };
  const { form, taken, disputed } = mergeSchedule(before, mine, theirs);
  assert.deepEqual(disputed, ["when it is due"]);
  assert.deepEqual(taken, ["what it does"]);
  assert.equal(form.cron, before.cron, "half of theirs is nobody's");
  assert.equal(form.command, "make all");
  assert.equal(form.isPaused, true);
});

test("a schedule that nobody has changed is no other", () => {
  assert.equal(isOther(before, { ...before, calendars: [] }), false);
  assert.equal(isOther(before, { ...before, zone: "UTC" }), true);
});
