import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_POLICY, type Failure, lossLimit, policyAfter, type RetryRule } from "./policy.ts";

function limitAfter(rules: RetryRule[], failure: Partial<Failure>, retryLimit = 1): number {
  return policyAfter({ ...DEFAULT_POLICY, retryLimit, rules }, { outcome: "failed", ...failure }).retryLimit;
}

test("the first rule that fits counts, whatever stands behind it", () => {
  const rules = [{ exitCodes: [7], limit: 5 }, { exitCodes: [7, 8], limit: 6 }, { limit: 0 }];
  assert.equal(limitAfter(rules, { exitCode: 7 }), 5);
  assert.equal(limitAfter(rules, { exitCode: 8 }), 6);
  assert.equal(limitAfter(rules, { exitCode: 1 }), 0, "a rule without lists fits everything");
});

test("a rule fits when all its lists hold what was seen", () => {
  const rules = [{ errors: ["http"], statuses: [429, 5], limit: 9 }];
  assert.equal(limitAfter(rules, { error: { kind: "http" }, status: 429 }), 9);
  assert.equal(limitAfter(rules, { error: { kind: "http" }, status: 503 }), 9, "5 is every status of that class");
  assert.equal(limitAfter(rules, { error: { kind: "http" }, status: 404 }), 1);
  assert.equal(limitAfter(rules, { error: { kind: "TypeError" }, status: 503 }), 1);
  assert.equal(limitAfter(rules, {}), 1);
});

test("classes of errors are names of exceptions and words for outcomes", () => {
  assert.equal(limitAfter([{ errors: ["TypeError"], limit: 0 }], { error: { kind: "TypeError" } }), 0);
  assert.equal(limitAfter([{ errors: ["timeout"], limit: 4 }], { outcome: "timed_out" }), 4);
  assert.equal(limitAfter([{ errors: ["refused"], limit: 4 }], { outcome: "refused" }), 4);
});

test("a rule with a limit knows better than a worker who calls another try useless", () => {
  assert.equal(limitAfter([], { retryable: false, status: 404 }), 0);
  assert.equal(limitAfter([{ statuses: [404], limit: 3 }], { retryable: false, status: 404 }), 3);
  assert.equal(limitAfter([{ statuses: [404], delayMs: 5 }], { retryable: false, status: 404 }), 0);
});

test("a rule changes waits and leaves alone what it does not name", () => {
  const rules = [{ errors: ["slow"], delayMs: 50, backoff: "fixed" as const }];
  const policy = policyAfter(
    { ...DEFAULT_POLICY, retryLimit: 2, rules },
    { outcome: "failed", error: { kind: "slow" } },
  );
  assert.deepEqual([policy.retryLimit, policy.delayMs, policy.backoff], [2, 50, "fixed"]);
  assert.equal(policy.maxDelayMs, DEFAULT_POLICY.maxDelayMs);
});

test("a plain policy is handed back as it is", () => {
  const policy = { ...DEFAULT_POLICY, retryLimit: 2 };
  assert.equal(policyAfter(policy, { outcome: "failed" }), policy);
});

test("how often the worker of a task may vanish can be said by a rule", () => {
  assert.equal(lossLimit(DEFAULT_POLICY), 10);
  assert.equal(lossLimit({ ...DEFAULT_POLICY, rules: [{ errors: ["lost"], limit: 1 }] }), 2);
});
