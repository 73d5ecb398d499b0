/** The days that cron expressions mean, against counting them by hand, over ten years; with OCTOPUS_TEST_FULL all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCalendar } from "./calendar.ts";
import { slowCron } from "./testing.ts";

const DAY = 86_400_000;
const FULL = process.env["OCTOPUS_TEST_FULL"] !== undefined;
const [FROM, TO] = [Date.parse("2020-01-01T00:00:00Z"), Date.parse("2030-01-01T00:00:00Z")];

const DAYS = ["*", "1", "31", "L", "LW", "15W", "1W", "31W", "1,15", "*/2", "*/10", "28-31", "10W,L"];
const WEEKDAYS = ["*", "1", "0", "7", "1-5", "6,7", "5L", "0L", "1#2", "5#5", "*/2", "0-6", "7#1,3"];
const MONTHS = ["*", "2", "1-3", "*/5", "2,4,6"];

test("combinations of day fields mean the days that counting finds", () => {
  const calendar = createCalendar();
  let checked = 0;
  for (const [index, dom] of DAYS.entries()) {
    for (const [other, dow] of WEEKDAYS.entries()) {
      if (!FULL && (index + other) % 3 !== 0) continue;
      // The months are taken in turn.
      const text = `0 0 ${dom} ${MONTHS[(index + other) % MONTHS.length]} ${dow}`;
      const cron = slowCron(text);
      const expected: string[] = [];
      for (let at = FROM; at < TO; at += DAY) {
        const date = new Date(at);
        if (cron.day(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())) expected.push(dateOf(at));
      }
      const rule = { crons: [text], zone: "UTC", seed: "" };
      const found: string[] = [];
      for (let at = calendar.next(rule, FROM - 1); at !== undefined && at < TO; at = calendar.next(rule, at))
        found.push(dateOf(at));
      assert.deepEqual(found, expected, text);
      checked += expected.length;
    }
  }
  assert.ok(checked > 10_000);
});

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
