/** Somebody cancels a run at the very moment at which another submits it. */
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
