import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../test/sim/core-harness.ts";

test("a task that expired and is retried does not expire again", () => {
  const core = new Harness();
  const [seq] = core.submit({ expiresAt: core.now + 10 });
  core.now += 10;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.expired, 1);
  const definition = { taskType: "f", kind: "shell" as const, arm: "default", priority: 5, expiresAt: core.now };
  core.turn({
    type: "RetryTask",
    task: { task: seq!, state: "expired", attempt: 0, definition },
    dependents: [],
    children: [],
  });
  core.now += 1000;
  core.turn({ type: "Tick" });
  assert.equal(core.state.counts.queued, 1);
});
