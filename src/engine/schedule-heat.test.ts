import assert from "node:assert/strict";
import { test } from "node:test";
import type { TickView } from "../protocol/schedule-views.ts";
import { heatOf, type HeatSource, kindOf } from "./schedule-heat.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-06-10T12:00:00Z");
const at = (text: string): number => Date.parse(text);
const iso = (time: number): string => new Date(time).toISOString();

/** Every tick of `everyMs`, as the store and the calendar tell them. */
function source(past: readonly TickView[], everyMs: number): HeatSource {
  return {
    ...{ zone: "Europe/Berlin", now: NOW },
    ticks({ limit, cursor }) {
      const before = past.filter(({ tick }) => Date.parse(tick) < Number(cursor));
      const items = before.slice(0, limit);
      return before.length > limit ? { items, next: String(Date.parse(items.at(-1)!.tick)) } : { items };
    },
    next: (count, after) => Array.from({ length: count }, (_, i) => (Math.floor(after / everyMs) + i + 1) * everyMs),
  };
}

const tick = (time: number, more: Partial<TickView> = {}): TickView => ({
  ...{ schedule: "s", tick: iso(time), at: iso(time), action: "fired", state: "succeeded" },
  ...more,
});

test("ticks are counted by the days of the zone, and those to come with them", () => {
  const day = (n: number, hour: string): number => at(`2026-06-0${n}T${hour}:00:00Z`);
  const past = [
    tick(day(9, "23"), { state: "running" }),
    tick(day(9, "10"), { state: "failed" }),
    tick(day(9, "09")),
    tick(day(8, "09"), { action: "missed", state: undefined, count: 7 }),
    tick(day(1, "09")),
  ];
  const heat = heatOf({ by: "day", from: day(2, "00"), to: NOW + 2 * 86_400_000 }, source(past, 12 * 60 * MINUTE));
  assert.deepEqual(heat.cells, [
    { at: "2026-06-08", missed: 7 },
    { at: "2026-06-09", failed: 1, succeeded: 1 },
    { at: "2026-06-10", open: 1 },
    { at: "2026-06-11", coming: 2 },
    { at: "2026-06-12", coming: 1 },
  ]);
  assert.deepEqual([heat.zone, heat.knownFrom, heat.comingTo], ["Europe/Berlin", undefined, undefined]);
});

test("too many ticks are cut on both sides, and it is said where", () => {
  const past = Array.from({ length: 7000 }, (_, i) => tick(NOW - (i + 1) * MINUTE));
  const heat = heatOf({ by: "hour", from: NOW - 1e9, to: NOW + 1e9 }, source(past, MINUTE));
  assert.equal(heat.knownFrom, iso(NOW - 5000 * MINUTE));
  assert.equal(heat.comingTo, iso(NOW + 1000 * MINUTE));
  const sum = (name: "succeeded" | "coming"): number => heat.cells.reduce((all, cell) => all + (cell[name] ?? 0), 0);
  assert.deepEqual([sum("succeeded"), sum("coming")], [5000, 1000]);
  assert.deepEqual(heat.cells[1], { at: heat.cells[1]!.at, succeeded: 60 });
});

test("a span in the past has no ticks to come, and one in the future no results", () => {
  const past = [tick(NOW - MINUTE)];
  const before = heatOf({ by: "day", from: NOW - 1e9, to: NOW - 1 }, source(past, MINUTE));
  assert.ok(before.cells.every(({ coming }) => coming === undefined));
  const after = heatOf({ by: "day", from: NOW + 1e9, to: NOW + 1e9 + 5 * MINUTE }, source(past, MINUTE));
  assert.deepEqual(
    after.cells.map(({ coming, succeeded }) => [coming, succeeded]),
    [[5, undefined]],
  );
});

test("each tick counts as what became of what it made", () => {
  const kinds = (
    [
      [{ action: "fired", state: "succeeded" }, "succeeded"],
      [{ action: "fired", state: "skipped" }, "succeeded"],
      [{ action: "fired", state: "partial" }, "failed"],
      [{ action: "fired", state: "upstream_failed" }, "failed"],
      [{ action: "fired", state: "cancelled" }, "cancelled"],
      [{ action: "fired", state: "queued" }, "open"],
      [{ action: "fired" }, "fired"],
      [{ action: "queued" }, "open"],
      [{ action: "failed" }, "failed"],
      [{ action: "skipped" }, "skipped"],
    ] as const
  ).map(([given, kind]) => [kindOf(given), kind]);
  for (const [found, expected] of kinds) assert.equal(found, expected);
});
