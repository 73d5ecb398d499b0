import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskDetail, TaskView } from "../protocol/views.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { ansi, plain } from "./paint.ts";
import { createRunLines, runPicture } from "./run-picture.ts";
import { renderFacts, renderTable } from "./table.ts";
import { taskText } from "./task-detail.ts";
import { titleOf } from "./tasks.ts";
import { clean, cut, pad, width } from "./text.ts";
import { elapsed, relative } from "./time.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const now = Date.parse(at(60));

function task(name: string, state: TaskView["state"], more: Partial<TaskView> = {}): TaskView {
  return {
    id: `t-${name}`,
    name,
    type: "shell",
    kind: "shell",
    arm: "default",
    priority: 5,
    state,
    attempt: 1,
    tags: [],
    needs: [],
    createdAt: at(0),
    work: null,
    ...more,
  };
}

function run(tasks: TaskView[], state: RunDetail["state"] = "running"): RunDetail {
  const counts: RunDetail["counts"] = {};
  for (const one of tasks) counts[one.state] = (counts[one.state] ?? 0) + 1;
  return { id: "r1", workflow: "etl", state, createdAt: at(0), startedAt: at(0), counts, tasks };
}

test("text is cleaned, measured and cut by columns", () => {
  assert.equal(clean("a\u001b[31m\r\n  b\u202e\u0000"), "a[31m b");
  assert.equal(clean("root\tmake"), "root make", "a tab parts two words");
  assert.deepEqual(["abc", "日本", "e\u0301", "👍", ""].map(width), [3, 4, 1, 2, 0]);
  assert.equal(cut("abcdef", 4), "abc…");
  assert.equal(cut("日本語", 5), "日本…");
  assert.equal(cut("日本語", 4), "日…");
  assert.equal(cut("abc", 3), "abc");
  assert.equal(pad("日", 4) + pad("x", 3, "right"), "日    x");
});

test("times are relative, and say nothing when they are not known", () => {
  assert.deepEqual(
    [at(57), at(59.7), at(60), at(60.4), at(120), at(-60), at(-3600), at(-65), undefined].map((time) =>
      relative(time, now),
    ),
    ["3s ago", "now", "now", "now", "in 1m00s", "2m ago", "1h01m ago", "2m ago", ""],
  );
  assert.deepEqual(
    [elapsed(at(0), at(1.5), now), elapsed(at(55), undefined, now), elapsed(undefined, undefined, now)],
    ["1.5s", "5s", ""],
  );
});

test("tables: columns in line, empty ones left out, the last one cut at the edge, colours outside the measure", () => {
  const columns = [
    { title: "ID", cell: (row: string[]) => row[0]! },
    { title: "GONE", cell: () => "" },
    { title: "N", cell: (row: string[]) => row[1]!, side: "right" as const },
    { title: "WHAT", cell: (row: string[]) => row[2]!, colour: () => "red" as const },
  ];
  const rows = [
    ["a", "1", "short"],
    ["bbb", "100", "日本 is a long text"],
  ];
  assert.equal(renderTable(columns, rows), "ID     N  WHAT\na      1  short\nbbb  100  日本 is a long text");
  assert.equal(renderTable(columns, rows, { columns: 18 }).split("\n")[2], "bbb  100  日本 is…");
  const painted = renderTable(columns, rows, { paint: ansi });
  assert.equal(painted.replace(/\u001b\[\d+m/g, ""), renderTable(columns, rows));
  assert.match(painted, /\u001b\[31mshort\u001b\[0m/);
  assert.equal(
    renderFacts([
      ["a", "1"],
      ["long", "2"],
      ["none", undefined],
    ]),
    "a     1\nlong  2",
  );
});

test("a task without a name is called by what it does", () => {
  const bare = { type: "x", kind: "shell", work: { kind: "shell", shell: { command: "make all" } } } as const;
  assert.equal(titleOf(bare), "make all");
  assert.equal(
    titleOf({ type: "http", kind: "http", work: { kind: "http", http: { method: "PUT", url: "http://x" } } }),
    "PUT http://x",
  );
  assert.equal(titleOf({ type: "double", kind: "call", work: { kind: "call", call: "double" } }), "double");
});

test("a task for all workers that fitted none has no table of them, and names those that came late", () => {
  const look = { paint: plain, columns: 100 };
  const none = {
    ...task("sweep", "failed"),
    attempts: [],
    callbacks: [],
    deliveries: [],
    artifacts: [],
    workers: {},
  } as unknown as TaskDetail;
  assert.doesNotMatch(taskText(none, look, now), /\n\n/);
  assert.match(taskText({ ...none, lateWorkers: ["b"] }, look, now), /\n\njoined too late to be asked: b$/);
  const one = { ...none, workers: { a: { id: "t2", state: "succeeded", result: 1 } } } as TaskDetail;
  assert.match(taskText(one, look, now), /\n\nWORKER  TASK  STATE {6}RESULT\na {7}t2 {4}succeeded  1$/);
});

test("the picture of a run has a line for each task and one that sums up", () => {
  const tasks = [
    task("extract", "succeeded", { startedAt: at(50), endedAt: at(52) }),
    task("load", "running", { startedAt: at(55), progress: 0.42, progressMessage: "rows" }),
    task("check", "failed", { startedAt: at(52), endedAt: at(52.4), attempt: 3, error: { message: "exited\nwith 1" } }),
    task("report", "blocked", { attempt: 0 }),
  ];
  assert.deepEqual(runPicture(run(tasks), { columns: 80, rows: 24, paint: plain, now }), [
    "extract  ✔ succeeded            2s",
    "load     ● running              5s  42 % rows",
    "check    ✖ failed            400ms  try 3  exited with 1",
    "report   · blocked",
    "r1 etl  running  2/4 ended, 1 failed  1m00s",
  ]);
});

test("a run that is larger than the screen shows what matters, in the order of the file, within the screen", () => {
  const tasks = Array.from({ length: 100 }, (_, i) =>
    task(`n${i}`, i === 90 ? "running" : i === 50 ? "failed" : "succeeded"),
  );
  const lines = runPicture(run(tasks), { columns: 40, rows: 8, paint: plain, now });
  assert.ok(lines.length <= 7);
  assert.ok(lines.findIndex((line) => line.startsWith("n50")) < lines.findIndex((line) => line.startsWith("n90")));
  assert.match(lines.at(-2)!, /and 95 more/);
  assert.ok(
    lines.every((line) => width(line) < 40),
    lines.join("\n"),
  );
});

test("plain lines say each end and each retry once, in the order in which they came", () => {
  const newLines = createRunLines();
  const a = task("a", "running", { startedAt: at(1) });
  const b = task("b", "running", { startedAt: at(1) });
  const words = (tasks: TaskView[]): string[] => newLines(run(tasks)).map((line) => line.slice(10));
  assert.deepEqual(words([a, b]), []);
  const retrying = { ...b, state: "scheduled", dueAt: at(9) } as const;
  assert.deepEqual(words([{ ...a, state: "succeeded", endedAt: at(4) }, retrying]), [
    "b     will try again",
    "a     succeeded  3s",
  ]);
  assert.deepEqual(words([{ ...a, state: "succeeded", endedAt: at(4) }, retrying]), []);
  const failed = { ...b, state: "failed", attempt: 2, startedAt: at(9), endedAt: at(9.4), reason: "gone" } as const;
  assert.deepEqual(words([{ ...a, state: "succeeded", endedAt: at(4) }, failed]), ["b     failed  400ms  gone"]);
});

test("the picture sums up members and nested runs, says who is asked, and leaves out whose turn may never come", () => {
  const flow = { kind: "workflow", subRun: "r9", startedAt: at(50) } as const;
  const counts = { succeeded: 99_000, skipped: 10, failed: 2, running: 4 };
  const tasks = [
    task("each", "running", { kind: "each", startedAt: at(50), members: { total: 100_000, counts } }),
    task("inner", "running", flow),
    task("ship", "queued", { id: "t7", attempt: 0, approval: { state: "waiting", message: "Ship it?" } }),
    task("lint", "failed", { startedAt: at(50), endedAt: at(51), allowed: true, reason: "exited with code 1" }),
    task("late", "queued", { attempt: 0 }),
    task("on.failure", "blocked", { role: "failure", attempt: 0 }),
    task("on.success", "skipped", { role: "success", attempt: 0 }),
  ];
  const inside = { ...run([task("x", "succeeded"), task("y", "blocked")]), id: "r9", paused: true };
  const screen = { columns: 80, rows: 24, paint: plain, now };
  const beside = { nested: new Map([["r9", inside]]), waits: new Map([["t-late", "arm default is full"]]) };
  const picture = { ...run(tasks), counts: { ...counts, blocked: 1 }, phase: "handlers", outcome: "failed" } as const;
  assert.deepEqual(runPicture(picture, screen, beside), [
    "each   ● running             10s  99010/100000 ok, 2 failed, 4 running",
    "inner  ● running             10s  r9 1/2 ok, paused",
    "ship   ○ needs approval           octopus approve t7: Ship it?",
    "lint   ✖ failed               1s  allowed  exited with code 1",
    "late   ○ queued                   arm default is full",
    "r1 etl  running, handlers run (failed)  99012/99017 ended, 2 failed  1m00s",
  ]);
  const small = runPicture(picture, { ...screen, rows: 5 }, beside);
  assert.ok(
    small.some((line) => line.startsWith("ship")),
    "whoever is asked is shown before anything else",
  );
});

test("plain lines say a question once, what became of members, and that a run stands still", () => {
  const newLines = createRunLines();
  const asked = task("ship", "queued", { id: "t7", attempt: 0, readyAt: at(3), approval: { state: "waiting" } });
  const each = task("each", "failed", { startedAt: at(1), endedAt: at(2), reason: "1 of 3 failed: each[2]" });
  const members = { total: 3, counts: { succeeded: 2, failed: 1 } };
  const tell = (more: Partial<RunDetail>): string[] =>
    newLines({ ...run([asked, { ...each, members }]), ...more }).map((line) => line.slice(10));
  assert.deepEqual(tell({}), [
    "each  failed  1s  2/3 ok, 1 failed  1 of 3 failed: each[2]",
    "ship  needs approval  octopus approve t7",
  ]);
  assert.deepEqual(tell({ paused: true }), ["r1    paused"]);
  assert.deepEqual(tell({ paused: true }), []);
  assert.deepEqual(tell({ waiting: true, group: { name: "deploy", limit: 1, overlap: "queue" } }), [
    "r1    waits for a place in deploy",
  ]);
});
