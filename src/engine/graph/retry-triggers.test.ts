/** Retries of single tasks below which there are triggers that count how needs have ended; on a real store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestEngine } from "../../../test/sim/engine-harness.ts";
import { runToEnd, serve, states, task, workflow } from "../../../test/sim/flow-harness.ts";

test("a need that is retried and ends as before is counted once", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const node = { trigger: "any_succeeded" } as const;
  const first = task("first", "fail");
  const run = await runToEnd(engine, workflow([first, task("next", "ok", { needs: ["first"], node })]));
  const before = { first: "failed", next: "upstream_failed" };
  assert.deepEqual(states(run), before);
  await engine.retryTask(`${run.id}/first`);
  assert.deepEqual(states((await engine.waitRun(run.id, Infinity))!), before);
});
