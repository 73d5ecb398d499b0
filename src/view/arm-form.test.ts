import assert from "node:assert/strict";
import { test } from "node:test";
import { ArmSubmission, QuotaSubmission } from "../protocol/arm.ts";
import type { ArmView } from "../protocol/views.ts";
import {
  armFormOf,
  changedSettings,
  EMPTY_ARM,
  EMPTY_QUOTA,
  quotaFormOf,
  readArmForm,
  readQuotaForm,
} from "./arm-form.ts";

const ARM: ArmView = {
  ...{ name: "ci", enabled: true, draining: false, maxParallel: 4, weight: 3, maxQueued: 100, agingMs: 300_000 },
  ...{ rate: { limit: 10, perMs: 60_000, burst: 20 }, timeoutMs: 90_000, retries: 2, handler: "build" },
  ...{ types: ["make", "lint"], active: 0, queued: 0, waiting: 0, processed: 0, failed: 0 },
};

test("two people who change an arm do not undo what the other one did", () => {
  const form = armFormOf(ARM);
  const { change } = readArmForm({ ...form, maxParallel: "9", types: "lint, make" });
  assert.deepEqual(changedSettings(readArmForm(form).change, change), { maxParallel: 9, types: ["lint", "make"] });
  assert.deepEqual(changedSettings(change, change), {});
});

test("an arm goes into its form and comes out as it was", () => {
  const { change, problems } = readArmForm(armFormOf(ARM));
  assert.deepEqual(problems, {});
  const { agingMs, timeoutMs, rate, ...rest } = ArmSubmission.parse(change);
  assert.deepEqual(rate, { limit: 10, perMs: 60_000, burst: 20 });
  assert.deepEqual([agingMs, timeoutMs], [300_000, 90_000]);
  assert.deepEqual(rest, {
    maxParallel: 4,
    weight: 3,
    maxQueued: 100,
    retries: 2,
    handler: "build",
    types: ["make", "lint"],
  });
});

test("what is empty is the default, and what is wrong is told by its field", () => {
  const { change } = readArmForm({ ...EMPTY_ARM, name: "a" });
  assert.deepEqual(change["types"], []);
  assert.deepEqual(new Set(Object.values({ ...change, types: null })), new Set([null]));
  ArmSubmission.parse(change);
  const wrong = {
    name: "9",
    maxParallel: "0",
    weight: "1001",
    rate: "ten",
    aging: "soon",
    handler: "a b",
    types: "ok, 3",
  };
  const { problems } = readArmForm({ ...EMPTY_ARM, ...wrong });
  assert.deepEqual(Object.keys(problems).toSorted(), Object.keys(wrong).toSorted());
  assert.deepEqual(readArmForm({ ...EMPTY_ARM, name: "a", rate: "5 / s" }).change["rate"], { limit: 5, per: 1000 });
});

test("a quota likewise; it has to say something", () => {
  const view = {
    owner: "ada",
    active: 0,
    concurrent: 2,
    tasks: { limit: 5, perMs: 3_600_000 },
    cpu: { limitMs: 60_000, perMs: 86_400_000 },
  };
  const { quota, problems } = readQuotaForm(quotaFormOf(view));
  assert.deepEqual(problems, {});
  const { active: _, owner: __, ...limits } = view;
  assert.deepEqual(QuotaSubmission.parse(quota), limits);
  assert.deepEqual(Object.keys(readQuotaForm({ ...EMPTY_QUOTA, owner: "*" }).problems), ["concurrent"]);
  const wrong = { owner: "", concurrent: "-1", tasks: "5/1h:9", cpu: "1h" };
  assert.deepEqual(Object.keys(readQuotaForm(wrong).problems).toSorted(), ["concurrent", "cpu", "owner", "tasks"]);
});
