import assert from "node:assert/strict";
import { test } from "node:test";
import { zonedStep } from "./zoned.ts";

const at = (text: string): number => Date.parse(text);

test("a moment falls on the day and hour that the clocks of its zone show", () => {
  const berlin = zonedStep("Europe/Berlin", "day");
  assert.deepEqual(
    [berlin(at("2026-06-01T21:59:59Z")), berlin(at("2026-06-01T22:00:00Z"))],
    ["2026-06-01", "2026-06-02"],
  );
  const hours = zonedStep("Asia/Kathmandu", "hour");
  assert.deepEqual(
    [hours(at("2026-06-01T00:14:59Z")), hours(at("2026-06-01T00:15:00Z"))],
    ["2026-06-01T05", "2026-06-01T06"],
  );
  assert.equal(zonedStep("UTC", "hour")(at("2026-06-01T00:00:00Z")), "2026-06-01T00");
});

test("the hour that comes twice is one hour", () => {
  const hours = zonedStep("Europe/Berlin", "hour");
  assert.equal(hours(at("2026-10-25T00:30:00Z")), "2026-10-25T02");
  assert.equal(hours(at("2026-10-25T01:30:00Z")), "2026-10-25T02");
});
