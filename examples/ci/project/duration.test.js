import assert from "node:assert/strict";
import { test } from "node:test";
import { localDay, parseDuration } from "./duration.js";

test("durations", () => {
  assert.equal(parseDuration("1h30m"), 5_400_000);
  assert.throws(() => parseDuration("soon"), /not a duration/);
});

test("a day begins at midnight, wherever that is", () => {
  const noon = new Date(2026, 10, 21, 12).getTime();
  assert.equal(localDay(noon), "2026-11-21");
  assert.equal(localDay(noon + 12 * 3_600_000), "2026-11-22");
});
