import assert from "node:assert/strict";
import { test } from "node:test";
import { newTask, Harness } from "../../test/sim/core-harness.ts";

test("a run whose last task ended because of another one ends once", () => {
  const core = new Harness();
  core.connect("w", 1);
  const tasks = [
    newTask({ name: "a" }),
    newTask({ name: "b", needsEarlier: [0] }),
    newTask({ name: "c", needsEarlier: [1] }),
  ];
  core.turn({ type: "SubmitRun", workflow: "w", tasks });
  core.end(1, "failed");
  assert.deepEqual(core.said(), ["AttemptEnded t1", "TaskEnded t2", "TaskEnded t3", "RunEnded"]);
  assert.equal(core.state.runCounts.running, 0);
  assert.equal(core.state.runCounts.failed, 1);
});

test("a long chain of tasks falls without a deep stack", () => {
  const core = new Harness();
  core.connect("w", 1);
  const chain = Array.from({ length: 20_000 }, (_, i) => newTask(i === 0 ? {} : { needsEarlier: [i - 1] }));
  core.turn({ type: "SubmitTasks", tasks: chain });
  core.end(1, "failed");
  assert.equal(core.state.counts.upstream_failed, chain.length - 1);
});
