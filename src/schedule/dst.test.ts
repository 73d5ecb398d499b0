/**
 * The rule for clock changes, against a walk minute by minute around the changes of every zone in a decade. Takes a
 * sample of zones unless OCTOPUS_TEST_FULL is set: then all of them, in two decades.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCalendar } from "./calendar.ts";
import { changesOf, slowCron, slowTicks, walk } from "./testing.ts";

const HOUR = 3_600_000;
const FULL = process.env["OCTOPUS_TEST_FULL"] !== undefined;
const DECADE = [
  Date.parse("2010-01-01T00:00:00Z"),
  Date.parse(FULL ? "2030-01-01T00:00:00Z" : "2020-01-01T00:00:00Z"),
] as const;

const CRONS = [
  ...["30 2 * * *", "0 0 * * *", "59 23 * * *", "15,45 0-3 * * *", "0 1,3,5 * * *", "*/20 2 * * *", "30 0,12 * * 0"],
  ...["*/20 * * * *", "0 * * * *", "45 * * * *", "0 */2 * * *", "30 */3 * * *", "10 * * * 6,0", "0 */12 1,30 * *"],
];

/** Both hemispheres, half an hour, midnight, a skipped day, Ramadan, none at all, and changes of mind. */
const SAMPLE = [
  ...["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"],
  ...["Africa/Casablanca", "Asia/Pyongyang", "America/Havana", "Asia/Tehran", "Antarctica/Troll", "America/Caracas"],
];

const zones = FULL ? Intl.supportedValuesOf("timeZone") : SAMPLE;

test(`ticks around each clock change are those of a walk minute by minute (${zones.length} zones)`, () => {
  const calendar = createCalendar();
  const slow = CRONS.map((text) => ({ text, cron: slowCron(text) }));
  for (const zone of zones) {
    const changes = changesOf(zone, ...DECADE);
    // In the sample a few of each: what is special lies among the first of Samoa and the last of the others.
    const some = zone === "Pacific/Apia" ? changes.slice(2, 5) : changes.slice(zone === "Africa/Casablanca" ? -4 : -2);
    for (const change of FULL ? changes : some) {
      const [from, to] = [change - 30 * HOUR, change + 54 * HOUR];
      const minutes = walk(zone, from, to);
      for (const { text, cron } of slow) {
        const rule = { crons: [text], zone, seed: "" };
        const expected = slowTicks(cron, minutes);
        const name = `${text} in ${zone} around ${new Date(change).toISOString()}`;
        const there: number[] = [];
        for (let at = calendar.next(rule, from - 1); at !== undefined && at < to; at = calendar.next(rule, at))
          there.push(at);
        assert.deepEqual(there, expected, name);
        const back: number[] = [];
        for (
          let at = calendar.previous(rule, to - 1, from - 1);
          at !== undefined;
          at = calendar.previous(rule, at - 1, from - 1)
        )
          back.push(at);
        assert.deepEqual(back.toReversed(), expected, `${name}, backwards`);
      }
    }
  }
});

test("a question from far off, or from between two ticks, is answered as one from near by", () => {
  const calendar = createCalendar();
  for (const zone of SAMPLE) {
    for (const text of CRONS) {
      const rule = { crons: [text], zone, seed: "" };
      const change = changesOf(zone, ...DECADE).at(-1)!;
      for (let at = change - 3 * HOUR; at < change + 3 * HOUR; at += 7 * 60_000 + 13) {
        const next = calendar.next(rule, at)!;
        assert.equal(calendar.previous(rule, next, 0), next, `${text} in ${zone}: next is a tick`);
        assert.equal(calendar.previous(rule, next - 1, at), undefined, `${text} in ${zone}: nothing lies before next`);
      }
    }
  }
});
