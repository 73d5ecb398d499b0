import assert from "node:assert/strict";
import { test } from "node:test";
import type { ArmView, BulkView, QuotaView, TaskDetail } from "../protocol/views.ts";
import type { ScheduleView, TickView } from "../protocol/schedule-views.ts";
import { bulkColumns, bulkLine, filterText } from "./bulks.ts";
import { armColumns, bar, quotaColumns, rateText, rulesOf, spanText } from "./limits.ts";
import { plain } from "./paint.ts";
import { nextText, scheduleColumns, scheduleText, tickColumns } from "./schedules.ts";
import { renderTable } from "./table.ts";
import { taskText } from "./task-detail.ts";
import { deadColumns } from "./tasks.ts";
import { width } from "./text.ts";
import { moment, until, zonedTime } from "./time.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString();
const long = "x".repeat(200);
const fits = (table: string): void => {
  for (const line of table.split("\n")) assert.ok(width(line) <= 100, `${width(line)}: ${line}`);
};

const arm: ArmView = {
  name: "builds",
  enabled: true,
  draining: false,
  maxParallel: 6,
  weight: 3,
  maxQueued: 100,
  rate: { limit: 10, perMs: 60_000, burst: 20 },
  agingMs: 300_000,
  types: ["run-build"],
  active: 1,
  queued: 12,
  waiting: 0,
  processed: 40,
  failed: 2,
  lastRunAt: at(-3),
};

test("gauges show any use, and nothing where there is no limit", () => {
  assert.deepEqual(
    [bar(0, 6), bar(1, 100), bar(3, 6), bar(6, 6), bar(9, 6), bar(3, undefined)],
    ["░░░░░░ 0/6", "█░░░░░ 1/100", "███░░░ 3/6", "██████ 6/6", "██████ 9/6", "3"],
  );
  assert.deepEqual([60_000, 3_600_000, 86_400_000, 90_000, 500].map(spanText), ["1m", "1h", "1d", "1m30s", "500ms"]);
  assert.equal(rateText({ limit: 10, perMs: 60_000, burst: 10 }), "10/1m");
  assert.equal(rateText(arm.rate!), "10/1m:20");
  assert.equal(rulesOf(arm), "weight 3, 10/1m:20, queue ≤ 100, aging 5m");
});

test("arms and quotas as tables", () => {
  const paused = { ...arm, name: long, enabled: false, draining: true, weight: 1000, maxQueued: 1_000_000 };
  const table = renderTable(armColumns(now), [arm, { ...paused, queued: 999_999 }]);
  assert.match(
    table,
    /^ARM +STATE +SLOTS +QUEUED +DONE +FAILED +LAST RUN +RULES\nbuilds +on +█░░░░░ 1\/6 +12 +40 +2 +3s ago/,
  );
  assert.match(table, /paused, draining/);
  const quota: QuotaView = {
    owner: "alice",
    concurrent: 4,
    tasks: { limit: 1000, perMs: 86_400_000 },
    cpu: { limitMs: 7_200_000, perMs: 86_400_000 },
    active: 1,
    tasksUsed: 500,
    tasksResetAt: at(7200),
    cpuUsedMs: 60_000,
    cpuResetAt: at(60),
  };
  const quotas = renderTable(quotaColumns(now), [quota, { owner: "*", active: 0 }]);
  assert.match(quotas, /alice +██░░░░ 1\/4 +███░░░ 500\/1000 per 1d +█░░░░░ 1m\/2h per 1d +in 1m00s\n\* +0/);
  fits(quotas);
});

const schedule: ScheduleView = {
  name: "backup",
  when: "at 02:30",
  cron: ["30 2 * * *"],
  zone: "Europe/Berlin",
  jitterMs: 0,
  overlap: "skip",
  catchUp: { policy: "latest", windowMs: 86_400_000, max: 100 },
  calendars: ["holidays"],
  exclude: ["12-25"],
  blackouts: [{ from: "22:00", to: "23:00", days: ["sat"] }],
  paused: false,
  task: { work: { kind: "shell", shell: { command: "./backup.sh" } } },
  createdAt: at(-9000),
  nextAt: "2026-11-22T01:30:00.000Z",
  next: ["2026-11-22T01:30:00.000Z", "2026-11-23T01:30:00.000Z"],
  lastTick: "2026-11-21T01:30:00.000Z",
  lastAction: "fired",
  active: 0,
  queued: 0,
  warnings: [],
};

test("schedules and ticks as text, in the zone of the schedule", () => {
  assert.equal(zonedTime("2026-03-29T01:30:00Z", "Europe/Berlin"), "Sun 2026-03-29 03:30:00 +02:00");
  assert.equal(zonedTime("2026-03-29T01:30:00Z", "UTC"), "Sun 2026-03-29 01:30:00 +00:00");
  assert.equal(
    nextText(schedule.next, "Europe/Berlin", now).split("\n")[1],
    "Mon 2026-11-23 02:30:00 +01:00  in 1d13h",
  );
  const text = scheduleText(schedule, { paint: plain }, now);
  for (const line of [
    /^when +at 02:30 \(Europe\/Berlin\)$/m,
    /^not on +12-25, calendar holidays$/m,
    /^not at +sat 22:00 to 23:00$/m,
    /^catch up +latest, within 1d$/m,
    /^does +\.\/backup\.sh$/m,
    /^next +Sun 2026-11-22 02:30:00 \+01:00 +in 13h30m$/m,
  ])
    assert.match(text, line);
  const other = { ...schedule, name: long, when: long, paused: true, task: { work: { call: long } } };
  const { nextAt: _, ...over } = { ...schedule, workflow: { source: "etl.yaml" } };
  const table = renderTable(scheduleColumns(now), [schedule, other, over]);
  assert.match(table, /backup +at 02:30 +in 13h30m +fired 10h30m ago +\.\/backup\.sh/);
  assert.match(table, /paused/);
  assert.match(table, /never .*workflow etl\.yaml/);
  const fired: TickView = {
    schedule: "backup",
    tick: schedule.lastTick!,
    action: "fired",
    at: at(-50),
    state: "failed",
  };
  const failed = renderTable(scheduleColumns(now), [{ ...schedule, results: [fired] }]);
  assert.match(failed, /backup +at 02:30 +in 13h30m +failed 10h30m ago/);
  assert.match(scheduleText({ ...schedule, results: [fired] }, { paint: plain }, now), /^last +.* ago, failed$/m);
  assert.match(renderTable(tickColumns(now, "UTC"), [fired]), /failed +50s ago/);
  const tick: TickView = { schedule: "backup", tick: at(-60), action: "missed", at: at(-50), count: 12, reason: long };
  assert.match(
    renderTable(tickColumns(now, "UTC"), [tick]),
    /Sat 2026-11-21 11:59:00 \+00:00 +missed +50s ago +12 ticks: x/,
  );
});

test("bulk actions and dead letters as tables", () => {
  const filter = { state: ["queued"], arm: "builds" };
  const bulk: BulkView = {
    id: "b1",
    action: "cancel",
    filter,
    total: 1000,
    done: 420,
    failed: 3,
    state: "running",
    createdAt: at(-2),
  };
  assert.equal(bulkLine(bulk), "b1  cancel  running  420/1000, 3 refused");
  assert.equal(filterText(filter), "state=queued arm=builds");
  assert.equal(filterText({ ids: ["a", "b", "c", "d", "e", "f"] }), "6 ids");
  const table = renderTable(bulkColumns(now), [bulk, { ...bulk, filter: { q: long } }]);
  assert.match(table, /b1 +cancel +running +420\/1000 +3 +2s ago +2s +state=queued arm=builds/);
  const dead = { ...task, error: { message: long }, type: long, arm: long };
  fits(renderTable(deadColumns(now), [dead], { columns: 100 }));
});

const task: TaskDetail = {
  id: "t9",
  type: "shell",
  kind: "shell",
  arm: "default",
  priority: 5,
  state: "failed",
  attempt: 2,
  tags: [],
  needs: [],
  createdAt: at(-100),
  work: { kind: "shell", shell: { command: "false" } },
  owner: "alice",
  concurrencyKey: { key: "tenant\u001b[31m", limit: 2 },
  uniqueKey: { key: "u", scope: "period", policy: "reject", periodMs: 3_600_000 },
  resources: { cpu: 0.5, memory: 2 * 1024 ** 3 },
  dead: true,
  callbackOf: "t3",
  callbackOn: "failure",
  schedule: "backup",
  tick: "2026-11-21T01:30:00.000Z",
  attempts: [],
  artifacts: [{ path: "report.html", bytes: 2048, sha256: "00", attempt: 2 }],
  callbacks: [{ on: "success", type: "webhook", to: "https://example.com/hook" }],
  deliveries: [{ id: "t10", on: "failure", state: "succeeded" }],
};

test("show tells what a task asked for, who is told and what it left", () => {
  const text = taskText(task, { paint: plain, columns: undefined }, now);
  for (const line of [
    /^owner +alice$/m,
    /^key +tenant\[31m, 2 at once$/m,
    /^unique +u, for 1h, on a second one: reject$/m,
    /^takes +cpu 0\.5, memory 2 GiB$/m,
    /^dead letter +no try is left/m,
    /^callback of +t3, on failure$/m,
    /^made by +schedule backup, tick 2026-11-21T01:30:00\.000Z$/m,
    /^tells +on success: https:\/\/example\.com\/hook$/m,
    /^told +failure: t10 succeeded$/m,
    /^files +report\.html \(2 KiB\)$/m,
  ])
    assert.match(text, line);
  assert.ok(!text.includes("\u001b"));
});

test("times that come: by the clock, with the day when it is another one, and how long it is", () => {
  assert.match(until(at(42), now), /^until \d\d:\d\d:42, in 42s$/);
  assert.match(moment(at(3 * 86_400), now), /^2026-11-2[345] \d\d:\d\d$/);
  assert.equal(until(undefined, now), "");
});
