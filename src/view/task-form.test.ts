import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../base/words.ts";
import { parse } from "../protocol/parse.ts";
import { TaskSubmission } from "../protocol/task.ts";
import { formOf, readForm, valuesOf } from "./form.ts";
import { durationText, kindOf, longForm, withoutWork } from "./task-draft.ts";
import { FIRST_KEYS, FORM_KINDS, KIND_LABELS, TASK_SECTIONS, taskSchema, workKeys } from "./task-schema.ts";

const KNOWN = { plugins: ["report"], modules: ["hash"], actions: ["main"], inputs: { properties: { a: {} } } };

test("every field of every kind is shown in one part of the form", () => {
  for (const kind of FORM_KINDS) {
    const shown = [...workKeys(kind), ...FIRST_KEYS, ...TASK_SECTIONS.flatMap(({ keys }) => keys)];
    const fields = formOf(taskSchema(kind, KNOWN)).fields.map(({ key }) => key);
    assert.deepEqual(fields.toSorted(), shown.toSorted(), KIND_LABELS[kind]);
  }
});

const submissions: Record<string, Json>[] = [
  { shell: "make", retries: 3, timeout: 90_000, concurrencyKey: "a", mutex: "m", tags: ["x"] },
  { shell: { command: "make", grace: 1500, sandbox: { network: "none" } }, on: { end: { webhook: "http://a.b" } } },
  { http: 'POST http://a.b/c {"d":1}', priority: 9, delay: "1h" },
  { http: { url: "https://a.b", expect: [200, 404] }, cache: true },
  { plugin: "report", arm: "batch", uniqueKey: { key: "a", period: 60_000 } },
  { plugin: { name: "report@2", action: "main", kwargs: { a: [1] }, args: ["x"] }, target: { labels: "zone=a" } },
  {
    docker: { image: "alpine", command: ["/bin/sh", "-c", "ls"], memory: "64MiB" },
    resources: { cpu: 0.5, memory: "1GiB" },
  },
  { docker: { image: "alpine", command: ["ls", "-l"] } },
  { wasm: "hash", runAt: 1_800_000_000_000 },
  { call: "resize", input: { width: 3 }, rate: { key: "k", limit: 3, per: "1m" } },
  { uses: "printer", with: { tray: 2 }, worker: "w1", onLost: "fail" },
];

for (const submission of submissions)
  test(`a form shows ${JSON.stringify(submission)} and reads as the same task`, () => {
    const kind = kindOf(submission)!;
    const form = formOf(taskSchema(kind, KNOWN));
    const long = longForm(submission);
    const { json, errors } = readForm(form, valuesOf(form, long));
    assert.deepEqual(json, long);
    const odd = kind === "docker" && Array.isArray((submission["docker"] as Record<string, Json>)["command"]);
    if (!odd) assert.deepEqual(errors, []);
    assert.deepEqual(parse(TaskSubmission, json), parse(TaskSubmission, submission));
  });

test("a choice of the form is one that a submission may make", () => {
  for (const kind of FORM_KINDS)
    for (const field of formOf(taskSchema(kind, KNOWN)).fields)
      if (field.is === "choice" && field.key !== "action")
        for (const { value } of field.choices)
          assert.ok(
            TaskSubmission.safeParse({ shell: "true", [field.key]: value }).success,
            `${field.key} ${JSON.stringify(value)}`,
          );
});

test("a task that says twice what it does has no kind, and another kind keeps the rest", () => {
  assert.equal(kindOf({ shell: "a", http: "b" }), undefined);
  assert.equal(kindOf({ type: "a" }), undefined);
  assert.deepEqual(withoutWork({ call: "a", input: 1, arm: "b" }), { arm: "b" });
});

test("a duration in words means exactly as much", () => {
  assert.deepEqual([0, 1, 1500, 90_000, 7_200_000, 86_400_000].map(durationText), [
    "0ms",
    "1ms",
    "1500ms",
    "90s",
    "2h",
    "1d",
  ]);
});
