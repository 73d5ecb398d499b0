import assert from "node:assert/strict";
import { test } from "node:test";
import { ScheduleSubmission } from "../protocol/schedule.ts";
import type { ScheduleView } from "../protocol/schedule-views.ts";
import { EMPTY_SCHEDULE, formOfSchedule, readScheduleForm, type ScheduleForm } from "./schedule-form.ts";

const form = (more: Partial<ScheduleForm>): ScheduleForm => ({
  ...EMPTY_SCHEDULE,
  name: "s",
  command: "make",
  ...more,
});

/** As the server shows a schedule that it was sent. */
function shown(submission: ScheduleSubmission): ScheduleView {
  const { target, ...spec } = ScheduleSubmission.parse(submission);
  const iso = (at: number): string => new Date(at).toISOString();
  const view = {
    ...{ ...spec, when: "", calendars: spec.calendars ?? [], exclude: spec.exclude ?? [], next: [], warnings: [] },
    ...{ createdAt: iso(0), active: 0, queued: 0, blackouts: spec.blackouts ?? [], zone: spec.zone ?? "UTC" },
    ...(spec.at && { at: spec.at.map(iso) }),
    ...(spec.startAt !== undefined && { startAt: iso(spec.startAt) }),
    ...target,
  };
  return JSON.parse(JSON.stringify(view)) as ScheduleView;
}

test("what stands in the form is what is sent", () => {
  const { submission, problems } = readScheduleForm(
    form({
      ...{ cron: "0 3 * * *\n\n 30 4 * * 1 ", zone: "Europe/Berlin", exclude: "sat, sun 12-25", isPaused: true },
      ...{ blackouts: "22:00-06:00 Mon, tue\n2026-01-01T00:00Z/2026-01-02T00:00Z", catchUpWindow: "2h", arm: "batch" },
    }),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(submission, {
    ...{ name: "s", cron: ["0 3 * * *", "30 4 * * 1"], zone: "Europe/Berlin", overlap: "allow", paused: true },
    catchUp: { policy: "latest", window: "2h" },
    exclude: ["sat", "sun", "12-25"],
    blackouts: [
      { from: "22:00", to: "06:00", days: ["mon", "tue"] },
      { from: "2026-01-01T00:00Z", to: "2026-01-02T00:00Z" },
    ],
    task: { shell: "make", arm: "batch" },
  });
});

test("what cannot be sent is said with its field", () => {
  const problems = (more: Partial<ScheduleForm>): string[] =>
    readScheduleForm(form(more)).problems.map(({ path, message }) => `${path} ${message}`);
  assert.deepEqual(problems({ name: " " }), ["name must not be empty"]);
  assert.match(problems({ doesKind: "function", call: "f", input: "{" })[0]!, /^task.input is not JSON/);
  assert.deepEqual(problems({ doesKind: "workflow" }), ["workflow must be chosen"]);
  assert.match(problems({ blackouts: "at night" })[0]!, /^blackouts at night: must read/);
});

test("a schedule that is shown and sent again is the same", () => {
  const all: ScheduleSubmission[] = [
    { name: "a", cron: "0 3 * * *", task: { shell: "make all", arm: "batch" }, description: "each night" },
    { name: "b", every: "90m", jitter: "30s", overlap: "skip", task: { call: "report", input: { n: [1] } } },
    {
      name: "c",
      at: ["2026-12-24T18:00:00Z"],
      catchUp: { policy: "all", window: "3d", max: 7 },
      task: { http: "GET http://x/" },
    },
    {
      name: "d",
      cron: "@daily",
      task: { shell: { command: "x", cwd: "/tmp" }, retries: 2, timeout: "1h", tags: ["t"] },
    },
    {
      name: "e",
      every: "1h",
      start: "2026-01-01T00:00:00Z",
      calendars: ["holidays"],
      exclude: ["sat"],
      task: { type: "t" },
    },
    {
      name: "f",
      every: "1h",
      task: { plugin: { name: "p", action: "a", args: [1] }, uniqueKey: { key: "k", period: "1h" } },
    },
    {
      name: "g",
      every: "1h",
      blackouts: [{ from: "22:00", to: "06:00", days: ["mon"] }],
      paused: true,
      task: { call: "f", type: "z" },
    },
    {
      name: "h",
      cron: "0 3 * * *",
      catchUp: "none",
      task: { docker: "alpine", onLost: "fail", expiresAt: 1_900_000_000_000 },
    },
  ];
  for (const submission of all) {
    const before = shown(submission);
    const read = readScheduleForm(formOfSchedule(before));
    assert.deepEqual(read.problems, [], submission.name);
    const after = shown(read.submission);
    assert.deepEqual({ ...after }, { ...before }, submission.name);
  }
});

test("one of a workflow keeps its params, and takes the text of the workflow as it is now", () => {
  const submission: ScheduleSubmission = {
    ...{ name: "w", cron: "0 3 * * *" },
    workflow: { definition: "old", source: "deploy", params: { n: 1 }, arm: "batch" },
  };
  const given = formOfSchedule(shown(submission));
  assert.deepEqual(
    [given.doesKind, given.workflow, JSON.parse(given.params), given.arm],
    ["workflow", "deploy", { n: 1 }, "batch"],
  );
  const read = readScheduleForm(given, { definition: "new", files: { a: "b" } });
  assert.deepEqual(read.submission.workflow, {
    ...{ definition: "new", files: { a: "b" }, source: "deploy", params: { n: 1 }, arm: "batch" },
  });
});
