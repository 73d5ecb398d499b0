import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskView } from "../protocol/views.ts";
import type { RunExplanation, WorkflowDetail } from "../protocol/run-views.ts";
import { changesText } from "./changes.ts";
import { eventLine } from "./events.ts";
import { explanationText, runExplanationText } from "./explanations.ts";
import { plain } from "./paint.ts";
import { planText, type ShownPlan } from "./plan.ts";
import { renderTable } from "./table.ts";
import { width } from "./text.ts";
import { approvalColumns, workflowColumns, workflowText } from "./workflows.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
const workflow: WorkflowDetail = {
  name: "etl",
  description: "nightly\u001b[31m",
  definitionHash: "0123456789abcdef",
  createdAt: ago(90),
  updatedAt: ago(30),
  schedules: ["etl"],
  lastRun: { id: "r7", state: "partial" },
  definition: "name: etl\ntasks:\n  a: \u001b[2Jx\n",
  files: { "sub/x.yaml": "" },
  warnings: [{ path: "etl.yaml:2:1", message: "is odd" }],
};

test("registered workflows as a table and as text; their lines keep their indents and nothing that moves the cursor", () => {
  const table = renderTable(workflowColumns(now), [workflow]);
  assert.match(table, /^WORKFLOW .*\netl +30s ago +etl +r7 partial +nightly\[31m$/);
  const text = workflowText(workflow, { paint: plain }, now);
  assert.match(text, /^definition +0123456789ab$/m);
  assert.match(text, /^warning +etl\.yaml:2:1 is odd$/m);
  assert.ok(text.endsWith("name: etl\ntasks:\n  a: [2Jx"));
});

test("who waits for a person, since when, until when, and what is asked", () => {
  const task = { id: "t4", name: "ship", run: "r1", createdAt: ago(60), readyAt: ago(5) } as TaskView;
  const approval = { state: "waiting", message: "Ship it?", until: ago(-3600) } as const;
  const table = renderTable(approvalColumns(now), [{ ...task, approval }]);
  assert.match(table, /t4 +r1 +ship +5s ago +in 1h\S* .*Ship it\?/);
});

test("explanations: what is shared stands once, with names and how many more", () => {
  const groups: RunExplanation["groups"] = [
    {
      state: "failed",
      code: "ended",
      message: "bad 1",
      count: 7,
      tasks: [{ id: "t1", name: "many[0]" }, { id: "t2" }],
    },
    { state: "queued", code: "arm_full", message: "arm a is full", about: "t9", count: 1, tasks: [{ id: "t3" }] },
  ];
  const text = runExplanationText(
    {
      id: "r1",
      state: "running",
      summary: "it runs",
      counts: { failed: 9 },
      groups,
      lookedAt: { failed: 7 },
      more: true,
    },
    { paint: plain },
    now,
  );
  assert.deepEqual(text.split("\n"), [
    "r1  it runs",
    "  7 failed: bad 1",
    "    many[0] (t1), t2 and 5 more",
    "  1 queued: arm a is full (t9)",
    "    t3",
    "  … the newest 7 of 9 failed were looked at: octopus ls --run r1 --state failed",
  ]);
  const reasons = [{ code: "due", message: "waits for its time", until: ago(-60) }];
  const one = explanationText({ id: "t1", state: "scheduled", summary: "waits for its time", reasons }, now);
  assert.match(one, /^t1 {2}waits for its time \(until \S+, in 1m00s\)$/);
});

test("the plan fits the screen, whatever stands in the file", () => {
  const long = "x ".repeat(200);
  const task = { name: "a", kind: "shell", needs: [], does: long, later: [long] } as const;
  const needs = Array.from({ length: 20 }, (_, i) => `n${i}`);
  const b = {
    ...task,
    name: "b".repeat(60),
    needs,
    trigger: "all_done",
    when: "true",
    later: ["whether it runs: true"],
  } as const;
  const undo = { ...task, name: "compensate.a", does: "undo", later: [], role: "compensate", of: "a" } as const;
  const plan: ShownPlan = {
    workflow: "w",
    levels: [["a"], [b.name]],
    tasks: [task, b, undo],
    widest: 9,
    params: { p: 1 },
  };
  const lines = planText({ ...plan, open: ["b"], maxParallel: 2 }, { paint: plain, columns: 80 }).split("\n");
  assert.ok(lines.every((line) => width(line) < 80));
  assert.equal(lines[0], "w  3 tasks in 2 levels, at most 9 side by side (b: any number), 2 at once");
  assert.ok(lines.some((line) => /all_done of n0, n1, n2/.test(line)));
  assert.ok(lines.some((line) => /undoes a, when the run fails/.test(line)));
  assert.equal(lines.filter((line) => line.includes("whether it runs")).length, 0, "when says it already");
});

test("changes stand between - and +, text line by line", () => {
  const changes = [
    { path: "tasks.a.shell", before: "one\ntwo\n", after: "one" },
    { path: "tasks.b", after: { needs: [] } },
  ];
  assert.deepEqual(changesText(changes, { before: "r1", after: "etl" }, { paint: plain }).split("\n"), [
    "2 differences: - is r1, + is etl",
    "tasks.a.shell",
    "  - one",
    "  - two",
    "  + one",
    "tasks.b",
    '  + {"needs":[]}',
  ]);
});

test("events tell of approvals, workflows and pauses", () => {
  const line = (event: Parameters<typeof eventLine>[0]): string => eventLine(event, plain).slice(10);
  assert.equal(line({ type: "approval", id: "t4", name: "ship", at: now }), "approval  t4  waits for a person  ship");
  assert.equal(line({ type: "workflow", name: "etl", at: now }), "workflow  etl  changed");
  const run = { type: "run", id: "r1", workflow: "etl", state: "running", paused: true, at: now } as const;
  assert.equal(line(run), "run       r1  running  etl  paused");
});
