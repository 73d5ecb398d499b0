/** How often workers give a sign of life. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { paceOf } from "./pace.ts";

test("a thousand idle workers sent as many signs of life each as one does", () => {
  const set = { heartbeatMs: 5000, leaseMs: 30_000 };
  assert.equal(paceOf(1, set), 5000);
  assert.equal(paceOf(100, set), 5000);
  assert.equal(paceOf(150, set), 7500);
  assert.equal(paceOf(200, set), 10_000);
  assert.equal(paceOf(1000, set), 10_000, "three in a lease at least");
});

test("what a person has set is never made shorter", () => {
  assert.equal(paceOf(1000, { heartbeatMs: 12_000, leaseMs: 30_000 }), 12_000);
  assert.equal(paceOf(1, { heartbeatMs: 100, leaseMs: 250 }), 100);
});
