import assert from "node:assert/strict";
import { test } from "node:test";
import type { ArmView } from "../protocol/views.ts";
import type { WorkerView } from "../protocol/worker-views.ts";
import { type HealthFacts, healthOf, spell } from "./health.ts";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

const arm = (more: Partial<ArmView> = {}): ArmView => ({
  ...{ name: "batch", enabled: true, draining: false, weight: 1, agingMs: 0, types: [], active: 0, queued: 0 },
  ...{ waiting: 0, processed: 0, failed: 0 },
  ...more,
});
const worker = (more: Partial<WorkerView> = {}): WorkerView => ({
  ...{ name: "w1", state: "online", slots: 2, active: 0, kinds: [], functions: [], host: "h", pid: 1, octopus: "1" },
  ...more,
});
const facts = (status: Partial<HealthFacts["status"]>, more: Partial<HealthFacts> = {}): HealthFacts => ({
  status: { state: "ready", counts: { succeeded: 1 }, arms: [], workers: [worker()], ...status },
  dead: 0,
  now: NOW,
  ...more,
});

test("when nothing is wrong it says so, and how busy it is", () => {
  assert.equal(healthOf(facts({})).sentence, "All is well: nothing is running");
  assert.equal(healthOf(facts({ counts: { running: 3 } })).sentence, "All is well: 3 running");
  assert.equal(healthOf(facts({ counts: {}, workers: [] })).sentence, "Nothing here yet");
  assert.equal(healthOf(facts({ arms: [arm({ queued: 5, oldestQueuedAt: ago(1000) })] })).tone, "good");
});

test("what is gravest comes first, and each note leads to where it is mended", () => {
  const waits = arm({ active: 2, maxParallel: 2, queued: 4, oldestQueuedAt: ago(300_000) });
  const lost = worker({
    name: "w2",
    state: "offline",
    active: 1,
    lastSeenAt: ago(180_000),
    leftReason: "its lease ran out",
  });
  const full = worker({ usage: { diskBytes: 100, diskUsedBytes: 98 } });
  const { tone, sentence, notes } = healthOf(
    facts({ arms: [waits, arm({ name: "off", enabled: false, queued: 1 })], workers: [full, lost] }, { dead: 3 }),
  );
  assert.deepEqual([tone, sentence], ["bad", "3 dead letters wait for a decision"]);
  assert.deepEqual(
    notes.map(({ text }) => text),
    [
      "3 dead letters wait for a decision",
      "The disk of worker w1 is 98% full",
      "Worker w2 is lost since 3m, with 1 task",
      "Arm batch is full, and its oldest task waits since 5m",
      "Arm off is paused, and 1 task waits",
    ],
  );
  assert.deepEqual(notes[3]!.place, { of: "arm", name: "batch" });
});

test("tasks that wait for a worker that is not there are the worst", () => {
  const gone = worker({ state: "offline", lastSeenAt: ago(9000), leftReason: "it said goodbye" });
  const { sentence, notes } = healthOf(facts({ counts: { queued: 1 }, workers: [gone] }));
  assert.equal(sentence, "No worker is connected: 1 task waits");
  assert.equal(notes.length, 1);
  assert.equal(healthOf(facts({ state: "failed" })).tone, "bad");
  assert.equal(
    healthOf(facts({}, { dead: 50, isMoreDead: true })).sentence,
    "More than 50 dead letters wait for a decision",
  );
});

test("a worker that left by itself, or long ago, is not lost; many that are lost are one note", () => {
  const off = (name: string, lastSeenAt: string) =>
    worker({ name, state: "offline", lastSeenAt, leftReason: "its lease ran out" });
  assert.deepEqual(healthOf(facts({ workers: [worker(), off("old", ago(86_400_000))] })).notes, []);
  const many = ["a", "b", "c", "d"].map((name) => off(name, ago(60_000)));
  assert.deepEqual(
    healthOf(facts({ workers: [worker(), ...many] })).notes.map(({ text }) => text),
    ["4 workers are lost"],
  );
});

test("times are told in their largest unit", () => {
  assert.deepEqual([900, 59_999, 61_000, 3_599_000, 7_300_000].map(spell), ["1s", "59s", "1m", "59m", "2h"]);
});
