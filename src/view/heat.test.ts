import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScheduleHeat } from "../protocol/schedule-views.ts";
import { heatGrid } from "./heat.ts";

const heat = (by: "day" | "hour", cells: ScheduleHeat["cells"]): ScheduleHeat => ({
  ...{ zone: "UTC", from: "2026-10-01T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z", by, cells },
});

test("days stand in weeks from Monday on, months where they begin", () => {
  const cells = [
    { at: "2026-11-20", succeeded: 3 },
    { at: "2026-11-21", succeeded: 2, failed: 1, coming: 4 },
    { at: "2026-11-22", coming: 1 },
  ];
  const grid = heatGrid(heat("day", cells), { first: "2026-10-21", last: "2026-12-03", now: "2026-11-21" });
  assert.deepEqual(
    grid.rows.map(({ label }) => label),
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
  );
  assert.deepEqual(grid.columns, ["", "Nov", "", "", "", "", "Dec"]);
  // The week of 21 October begins on a Wednesday here, and that of 3 December ends with its Thursday.
  assert.deepEqual(
    grid.rows.map(({ cells: [first] }) => first?.at),
    [undefined, undefined, "2026-10-21", "2026-10-22", "2026-10-23", "2026-10-24", "2026-10-25"],
  );
  assert.deepEqual(
    grid.rows.map(({ cells: week }) => week.at(-1)?.at.slice(8)),
    ["30", "01", "02", "03", undefined, undefined, undefined],
  );
  const at = (day: string) => grid.rows.flatMap((row) => row.cells).find((cell) => cell?.at === day)!;
  assert.deepEqual(at("2026-11-21"), {
    ...{ at: "2026-11-21", tone: "bad", level: 4, isNow: true },
    words: "Sat 21 Nov: 1 failed, 2 succeeded, 4 to come",
  });
  assert.deepEqual([at("2026-11-20").tone, at("2026-11-22").tone, at("2026-11-19").tone], ["good", "coming", "none"]);
  assert.equal(at("2026-11-19").words, "Thu 19 Nov: nothing due");
});

test("hours stand in days, cut at both ends", () => {
  const cells = [{ at: "2026-11-20T13", missed: 1, succeeded: 1 }];
  const grid = heatGrid(heat("hour", cells), { first: "2026-11-20T12", last: "2026-11-21T02", now: "2026-11-20T13" });
  assert.deepEqual(
    grid.rows.map(({ label, cells: row }) => [label, row.findIndex(Boolean), row.findLastIndex(Boolean)]),
    [
      ["Fri 20", 12, 23],
      ["Sat 21", 0, 2],
    ],
  );
  assert.deepEqual(grid.rows[0]!.cells[13], {
    ...{ at: "2026-11-20T13", tone: "warn", level: 4, isNow: true },
    words: "Fri 20 Nov 13:00: 1 missed, 1 succeeded",
  });
  assert.deepEqual(grid.columns.filter(Boolean), ["00", "06", "12", "18"]);
});
