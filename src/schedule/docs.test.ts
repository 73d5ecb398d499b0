/** The reference stays true: each `ticks` block names an expression, a zone and a time, and lists the ticks after it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createCalendar, localTime } from "./mod.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "reference", "schedules.md"), "utf8");
const cases = [...page.matchAll(/^```ticks\n([\s\S]*?)^```$/gm)].flatMap(({ 1: block }) => block!.trim().split("\n\n"));

test("the reference has ticks to check", () => assert.ok(cases.length >= 8));

for (const text of cases) {
  const [head, ...expected] = text.split("\n");
  const match = /^(.*?) {2,}(\S+) {2}after (.*)$/.exec(head!)!;
  test(`docs/reference/schedules.md: ${head}`, () => {
    const [, cron, zone, after] = match as unknown as [string, string, string, string];
    const calendar = createCalendar();
    const rule = { crons: [cron], zone, seed: "" };
    let at = Temporal.PlainDateTime.from(after).toZonedDateTime(zone).epochMilliseconds;
    const found = expected.map(() => {
      at = calendar.next(rule, at)!;
      return localTime(at, zone);
    });
    assert.deepEqual(found, expected);
  });
}
