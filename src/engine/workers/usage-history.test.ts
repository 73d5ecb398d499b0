import assert from "node:assert/strict";
import { test } from "node:test";
import { coarser, SPANS, UsageHistories } from "./usage-history.ts";

const START = 1_795_262_400_000;
const { stepMs, points } = SPANS.hour;

test("a step holds the mean of its samples; one without any is a gap", () => {
  const histories = new UsageHistories();
  const say = (at: number, cpu: number, active: number): void =>
    histories.add("w", START + at, { usage: { cpu }, load: 1.25, active });
  say(0, 0.2, 1);
  say(5000, 0.4, 2);
  say(3 * stepMs, 0.9, 7);
  const history = histories.read("w", "hour", START + 3 * stepMs)!;
  assert.equal(history.cpu.length, points);
  assert.equal(history.from, START - (points - 4) * stepMs);
  assert.deepEqual(history.cpu.slice(-5), [null, 0.3, null, null, 0.9]);
  assert.deepEqual(history.active.slice(-4), [2, null, null, 7]);
  assert.deepEqual(history.load.slice(-4), [1.25, null, null, 1.25]);
  assert.deepEqual(new Set(history.memory), new Set([null]));
  const day = histories.read("w", "day", START + 3 * stepMs)!;
  assert.equal(day.cpu.at(-1), 0.5);
});

test("a ring goes round: only the newest hour is there, and silence makes it empty", () => {
  const histories = new UsageHistories();
  for (let step = 0; step < points * 2 + 7; step++)
    histories.add("w", START + step * stepMs, { load: 0, active: step % 1000 });
  const last = points * 2 + 6;
  const { active } = histories.read("w", "hour", START + last * stepMs)!;
  assert.deepEqual(
    active,
    Array.from({ length: points }, (_, i) => (last - points + 1 + i) % 1000),
  );
  const later = histories.read("w", "hour", START + (last + 100) * stepMs)!;
  assert.equal(later.active.filter((value) => value === null).length, 100);
  const muchLater = histories.read("w", "hour", START + (last + 5000) * stepMs)!;
  assert.ok(muchLater.active.every((value) => value === null));
});

test("shares are of what there is; absurd values are held to the bounds of a chart", () => {
  const histories = new UsageHistories();
  const gpus = [
    { index: 0, name: "a", load: 0.5 },
    { index: 1, name: "b", load: 1 },
  ];
  const usage = { memoryBytes: 1000, memoryUsedBytes: 250, diskBytes: 0, diskUsedBytes: 10, gpus, cpu: 40 };
  histories.add("w", START, { usage, load: 1e300, active: 1e9 });
  const now = histories.read("w", "hour", START)!;
  const last = (["memory", "disk", "gpu", "cpu", "load", "active"] as const).map((name) => now[name].at(-1));
  assert.deepEqual(last, [0.25, null, 0.75, 1, 655.34, 65_534]);
});

test("a worker that was away for a day, or was forgotten, has no history and no cost", () => {
  const histories = new UsageHistories();
  const sample = { load: 0, active: 0 };
  histories.add("gone", START, sample);
  histories.add("forgotten", START, sample);
  histories.forget("forgotten");
  histories.add("here", START + 26 * 3_600_000, sample);
  assert.equal(histories.read("gone", "day", START), undefined);
  assert.equal(histories.read("forgotten", "day", START), undefined);
  assert.notEqual(histories.read("here", "day", START), undefined);
});

test("in few points each is the mean of what is known, and the newest is the last", () => {
  const histories = new UsageHistories();
  for (let step = 0; step < points; step++)
    if (step % 2 === 0) histories.add("w", START + step * stepMs, { load: 0, active: step });
  const full = histories.read("w", "hour", START + (points - 1) * stepMs)!;
  const few = coarser(full, 50);
  assert.deepEqual([few.active.length, few.stepMs], [45, 8 * stepMs]);
  assert.deepEqual(few.active.slice(0, 2), [3, 11]);
  assert.equal(few.from, full.from);
  assert.equal(few.cpu.at(-1), null);
  // 360 points in 7: what does not fill a point is the oldest.
  const seven = coarser(full, 7);
  assert.deepEqual([seven.active.length, seven.from], [6, full.from + 48 * stepMs]);
  assert.equal(seven.from + seven.stepMs * 6, full.from + stepMs * points);
  assert.equal(coarser(full, points), full);
});
