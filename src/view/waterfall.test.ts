import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptView, TaskView } from "../protocol/views.ts";
import { criticalPath, lastMember } from "./critical-path.ts";
import { pan, tickLabel, ticks, zoom } from "./time-axis.ts";
import { gapsOf, runBounds, type Span, spansOf } from "./waterfall.ts";

const ZERO = Date.UTC(2026, 10, 21, 12);

function at(second: number): string {
  return new Date(ZERO + second * 1000).toISOString();
}

function task(id: string, some: Partial<TaskView> = {}): TaskView {
  const fixed = { type: "shell", kind: "shell", arm: "default", priority: 5, attempt: 0, tags: [], work: {} } as const;
  return { ...fixed, id, name: id, state: "blocked", needs: [], createdAt: at(0), ...some } as TaskView;
}

/** One that ran from one second to another. */
function ran(id: string, from: number, to: number, needs: string[] = [], some: Partial<TaskView> = {}): TaskView {
  const times = { readyAt: at(from), startedAt: at(from), endedAt: at(to) };
  return task(id, { state: "succeeded", attempt: 1, needs, ...times, ...some });
}

/** `run 1-2 failed#1`, in seconds. */
function text(spans: readonly Span[]): string {
  const second = (ms: number | undefined): string => (ms === undefined ? "" : String((ms - ZERO) / 1000));
  return spans
    .map(({ kind, from, to, attempt, outcome }) => {
      const end = [outcome, attempt === undefined ? undefined : `#${attempt}`].filter(Boolean).join("");
      return `${kind} ${second(from)}-${second(to)}${end === "" ? "" : ` ${end}`}`;
    })
    .join(", ");
}

const attempt = (n: number, from: number, to: number | undefined, some: object = {}): AttemptView => ({
  ...{ attempt: n, worker: "w", startedAt: at(from) },
  ...(to !== undefined && { endedAt: at(to), outcome: "failed" as const }),
  ...some,
});

const BARS: [what: string, task: TaskView, attempts: AttemptView[] | undefined, bars: string][] = [
  ["one that waits for others", task("a"), undefined, ""],
  [
    "one that is ready",
    task("a", { state: "queued", readyAt: at(2) }), //
    undefined,
    "queue 2-",
  ],
  [
    "one that runs",
    task("a", { state: "running", attempt: 1, readyAt: at(2), startedAt: at(3) }),
    undefined,
    "queue 2-3, run 3- #1",
  ],
  ["one that has ended", ran("a", 1, 4), undefined, "run 1-4 succeeded#1"],
  [
    "one that nothing held",
    task("a", { state: "skipped", endedAt: at(1) }), //
    undefined,
    "",
  ],
  [
    "one that will be tried again",
    task("a", { state: "scheduled", attempt: 1, startedAt: at(1), dueAt: at(9) }),
    [attempt(1, 1, 3)],
    "run 1-3 failed#1, pause 3-9",
  ],
  [
    "one that was tried twice",
    ran("a", 6, 8, [], { attempt: 2 }),
    [attempt(1, 1, 3), attempt(2, 6, 8, { outcome: "succeeded" })],
    "run 1-3 failed#1, pause 3-6, run 6-8 succeeded#2",
  ],
  [
    "one whose second try runs and whose attempts were read before it",
    task("a", { state: "running", attempt: 2, readyAt: at(5), startedAt: at(6) }),
    [attempt(1, 1, 3)],
    "run 1-3 failed#1, queue 5-6, run 6- #2",
  ],
  [
    "one whose server says since when only a worker was missing",
    ran("a", 6, 8),
    [attempt(1, 6, 8, { outcome: "succeeded", readyAt: at(1), admittedAt: at(4) })],
    "queue 1-4, worker 4-6, run 6-8 succeeded#1",
  ],
  [
    "an each",
    task("a", { kind: "each", state: "running", startedAt: at(2), readyAt: at(1) }), //
    undefined,
    "hold 2-",
  ],
  [
    "a question",
    task("a", { kind: "approval", readyAt: at(2), approval: { state: "waiting" } }), //
    undefined,
    "asked 2-",
  ],
  [
    "a question before a command",
    task("a", { readyAt: at(2), approval: { state: "waiting" } }), //
    undefined,
    "asked 2-",
  ],
];

for (const [what, one, attempts, bars] of BARS) {
  test(`bars of ${what}`, () => assert.equal(text(spansOf(one, attempts)), bars));
}

test("the critical path goes back along what was waited for longest", () => {
  const tasks = [
    ran("a", 0, 1),
    ran("b", 1, 5, ["a"]),
    ran("c", 1, 3, ["a"]),
    ran("d", 5, 6, ["b", "c"]),
    ran("e", 1, 2, ["a"]),
    ran("bye", 6, 7, [], { role: "exit" }),
  ];
  assert.deepEqual(criticalPath(tasks), { past: ["a", "b", "d", "bye"], ahead: [] });
  assert.deepEqual(criticalPath([]), { past: [], ahead: [] });
});

test("the critical path of a run that goes on leads to what most hangs on, and on from there", () => {
  const tasks = [
    ran("a", 0, 1),
    task("b", { state: "running", attempt: 1, needs: ["a"], readyAt: at(1), startedAt: at(1) }),
    task("c", { state: "running", attempt: 1, needs: ["a"], readyAt: at(1), startedAt: at(1) }),
    task("d", { needs: ["c"] }),
    task("e", { needs: ["d", "b"] }),
  ];
  assert.deepEqual(criticalPath(tasks), { past: ["a", "c"], ahead: ["d", "e"] });
});

test("a failure decides the end, and not what could not run for it", () => {
  const failed = ran("b", 1, 5, ["a"], { state: "failed" });
  const tasks = [ran("a", 0, 1), task("z", { state: "upstream_failed", needs: ["b"], endedAt: at(5) }), failed];
  assert.deepEqual(criticalPath(tasks).past, ["a", "b"]);
});

test("a retry that ended after those that needed it makes no endless way", () => {
  const tasks = [ran("a", 8, 9, ["b"]), ran("b", 1, 2, ["a"])];
  assert.deepEqual(criticalPath(tasks).past, ["b", "a"]);
  assert.equal(lastMember([ran("x", 0, 4), ran("y", 0, 6), task("z")]), "y");
});

test("gaps are where nothing ran, and say when a person was waited for", () => {
  const bounds = { from: ZERO, to: ZERO + 20_000 };
  const spans = [ran("a", 0, 3), ran("b", 2, 5), ran("c", 15, 16)].flatMap((one) => spansOf(one));
  const question = spansOf(
    task("q", {
      ...{ kind: "approval", state: "succeeded", approval: { state: "approved" } },
      ...{ readyAt: at(5), endedAt: at(15) },
    }),
  );
  const words = gapsOf([...spans, ...question], bounds, 1000).map(
    ({ from, to, why }) => `${why} ${(from - ZERO) / 1000}-${(to - ZERO) / 1000}`,
  );
  assert.deepEqual(words, ["asked 5-15", "idle 16-20"]);
});

test("the bounds of a run are never nothing", () => {
  assert.deepEqual(runBounds({ createdAt: at(0), endedAt: at(0) }, 0), { from: ZERO, to: ZERO + 1 });
  assert.deepEqual(runBounds({ createdAt: at(0) }, ZERO + 5), { from: ZERO, to: ZERO + 5 });
});

test("zooming keeps what is under the pointer, and never shows more than there is", () => {
  const bounds = { from: 0, to: 1000 };
  assert.deepEqual(zoom(bounds, 0.5, 250, bounds), { from: 125, to: 625 });
  assert.deepEqual(zoom({ from: 125, to: 625 }, 4, 250, bounds), { from: 0, to: 1000 });
  assert.deepEqual(zoom({ from: 0, to: 12 }, 0.1, 0, bounds), { from: 0, to: 10 });
  assert.deepEqual(pan({ from: 100, to: 300 }, -200, bounds), { from: 0, to: 200 });
  assert.deepEqual(pan({ from: 100, to: 300 }, 5000, bounds), { from: 800, to: 1000 });
});

test("lines stand at round distances from the beginning", () => {
  assert.deepEqual(ticks({ from: ZERO, to: ZERO + 4000 }, ZERO, 5), {
    stepMs: 1000,
    at: [0, 1, 2, 3, 4].map((second) => ZERO + second * 1000),
  });
  assert.equal(ticks({ from: 0, to: 86_400_000 * 3 }, 0, 8).stepMs, 43_200_000);
  const labels: [ms: number, step: number, text: string][] = [
    [0, 1000, "0"],
    [250, 50, "+250ms"],
    [1250, 50, "+1.25s"],
    [90_000, 30_000, "+1m30s"],
    [3_600_000, 3_600_000, "+1h"],
    [90_000_000, 3_600_000, "+1d1h"],
  ];
  for (const [ms, step, label] of labels) assert.equal(tickLabel(ms, step), label);
});
