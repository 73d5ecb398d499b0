import assert from "node:assert/strict";
import { test } from "node:test";
import { bridged, fromFirst, perMinute, rateWords, recentWait, sumOf, wholeOf } from "./arm-history.ts";

test("a rate is that of the newest whole steps", () => {
  assert.equal(perMinute([null, 5, 10, 20, 99], 60_000), 20);
  assert.equal(perMinute([1, 1, 1, 1, 1, 1, 9], 10_000), 6);
  // An arm that has just begun: what is not known counts as none.
  assert.equal(perMinute([null, null, 3, 0], 10_000), 3);
  assert.equal(perMinute([], 10_000), 0);
  assert.equal(perMinute(undefined, 10_000), 0);
  assert.deepEqual([0, 0.25, 9.96, 12.4, 6000].map(rateWords), ["0/min", "0.3/min", "10/min", "12/min", "100/s"]);
});

test("waits are weighed by what started", () => {
  assert.equal(recentWait({ started: [1, 3, 0], waitMs: [1000, 5000, null] }, 60_000), 4000);
  assert.equal(
    recentWait({ started: [7, 0, 0, 0, 0, 0], waitMs: [1000, null, null, null, null, null] }, 60_000),
    undefined,
  );
});

test("single values among gaps are drawn as steps", () => {
  assert.deepEqual(bridged([null, 5, null, null, 2, null]), [null, 5, 5, 5, 2, null]);
  assert.deepEqual(bridged([null, null]), [null, null]);
});

test("a line begins with what is known, and is no dot", () => {
  assert.deepEqual(fromFirst([null, null, null, 1, 2], 3), [null, 1, 2]);
  assert.deepEqual(fromFirst([null, 1, 2, 3], 2), [1, 2, 3]);
  assert.deepEqual(fromFirst([null, null], 1), [null, null]);
});

test("arms together are their sum, and nothing where nothing is known", () => {
  const arm = (values: (number | null)[]) => ({
    ...{ started: values, succeeded: values, failed: values, waitMs: values, queued: values, active: values },
  });
  const whole = wholeOf({ stepMs: 1, from: 0, arms: { a: arm([null, 1, 2]), b: arm([null, null, 5]) } });
  assert.deepEqual(whole.started, [null, 1, 7]);
  assert.equal(sumOf(whole.failed), 8);
  assert.deepEqual(wholeOf({ stepMs: 1, from: 0, arms: {} }).queued, []);
});
