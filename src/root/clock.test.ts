import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "./clock.ts";

test("a clock that is set back or forward: time never goes back, and goes on", () => {
  let wall = 1_000_000;
  let monotonic = 0;
  const clock = createClock(
    () => wall,
    () => monotonic,
  );
  const pass = (ms: number): void => {
    wall += ms;
    monotonic += ms;
  };
  assert.equal(clock.now(), 1_000_000);
  pass(500);
  assert.equal(clock.now(), 1_000_500);
  wall -= 3_600_000;
  pass(1000);
  assert.equal(clock.now(), 1_001_400, "an hour back: it goes on, a tenth slower");
  pass(40_000_000);
  assert.equal(clock.now(), wall, "and is right again when the clock has caught up");
  wall += 3_600_000;
  assert.equal(clock.now(), wall, "an hour forward is followed at once");
});
