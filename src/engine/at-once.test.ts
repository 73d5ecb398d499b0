/** Two people want opposite things at the very same moment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestEngine, shell } from "../../test/sim/engine-harness.ts";

test("a run that is cancelled in the moment of its submission leaves no task that runs", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const run = { workflow: "w", tasks: [shell({ id: "a" }), shell({ id: "b" })] };
  await Promise.all([engine.submitRun(run), engine.cancelRun("r1")]);
  const { state, tasks } = engine.run("r1")!;
  assert.deepEqual([state, ...tasks.map((task) => task.state)], ["cancelled", "cancelled", "cancelled"]);
});

test("an arm that is set and removed in one moment is there for nobody, and nobody fails on that", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const [set, removed] = await Promise.allSettled([engine.configureArm("side", {}), engine.removeArm("side")]);
  assert.equal(removed.status, "fulfilled");
  assert.ok(set.status === "rejected" && (set.reason as { code?: string }).code === "not_found");
});
