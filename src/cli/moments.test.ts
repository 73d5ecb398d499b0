import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { agoOf, laterOf, readMoment } from "./moments.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const inZone = (text: string, zone: string): string =>
  new Date(readMoment(text, "--at", { now, zone, direction: 1 })).toISOString();

test("moments are read with a zone, in a zone, and as a distance from now in either direction", () => {
  assert.equal(agoOf({ since: "2h" }, "since", now), now - 7_200_000);
  assert.equal(laterOf({ expires: "2h" }, "expires", now), now + 7_200_000);
  assert.equal(laterOf({ expires: "now" }, "expires", now), now);
  assert.equal(laterOf({}, "expires", now), undefined);
  assert.equal(inZone("2026-11-21T08:00Z", "Asia/Tokyo"), "2026-11-21T08:00:00.000Z");
  assert.equal(inZone("2026-11-21 08:00:30+02:00", "Asia/Tokyo"), "2026-11-21T06:00:30.000Z");
  assert.equal(inZone("2026-11-21", "Asia/Tokyo"), "2026-11-20T15:00:00.000Z");
  assert.equal(inZone("2026-11-21 08:00", "America/New_York"), "2026-11-21T13:00:00.000Z");
  assert.equal(inZone("1763712000000", "UTC"), "2025-11-21T08:00:00.000Z");
  assert.equal(inZone("today", "UTC"), "2026-11-21T00:00:00.000Z");
  assert.equal(inZone("today", "Pacific/Auckland"), "2026-11-21T11:00:00.000Z");
  assert.equal(inZone("yesterday", "America/New_York"), "2026-11-20T05:00:00.000Z");
  assert.equal(inZone("tomorrow", "Asia/Tokyo"), "2026-11-21T15:00:00.000Z");
});

test("a time that the clock skips is as much later, one that it shows twice is the first", () => {
  assert.equal(inZone("2026-03-29 02:30", "Europe/Berlin"), "2026-03-29T01:30:00.000Z");
  assert.equal(inZone("2026-03-29 03:30", "Europe/Berlin"), "2026-03-29T01:30:00.000Z");
  assert.equal(inZone("2026-03-29 12:00", "Europe/Berlin"), "2026-03-29T10:00:00.000Z");
  assert.equal(inZone("2026-10-25 02:30", "Europe/Berlin"), "2026-10-25T00:30:00.000Z");
  assert.equal(inZone("2026-10-25 12:00", "Europe/Berlin"), "2026-10-25T11:00:00.000Z");
  assert.equal(inZone("2026-10-04 02:15", "Australia/Lord_Howe"), "2026-10-03T15:45:00.000Z");
});

test("what is no moment is refused with the option, the value seen and what is allowed", () => {
  for (const text of [
    "soon",
    "2026-02-30",
    "2026-13-01",
    "2026-11-21 25:00",
    "2026-11-21 08:60",
    "",
    "-1h",
    "someday",
  ]) {
    assert.throws(
      () => agoOf({ since: text }, "since", now),
      (error: unknown) =>
        error instanceof OctopusError &&
        error.code === "invalid" &&
        error.message.startsWith("--since must be a moment such as") &&
        error.message.endsWith(`not ${JSON.stringify(text)}`),
      text,
    );
  }
  assert.throws(() => inZone("2026-11-21", "Europe/Berln"), /no time zone "Europe\/Berln"/);
});
