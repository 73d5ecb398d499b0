/** Retries of single tasks below which there are triggers that count how needs have ended; on a real store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestEngine, until } from "../../../test/sim/engine-harness.ts";
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

test("who still waits counts a retried need anew, whatever that had ended as", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const served = serve(engine);
  const node = { trigger: "any_failed" } as const;
  const tasks = [
    task("skips", "hang"),
    task("below", "ok", { needs: ["skips"] }),
    task("hangs", "hang"),
    task("child", "ok", { needs: ["skips", "hangs"], node }),
    task("grandchild", "ok", { needs: ["below", "hangs"], node }),
  ];
  const { id } = await engine.submitRun(workflow(tasks));
  const skip = async () => {
    await until(engine, () => served.came.filter(({ name }) => name === "skips").length > rounds || undefined);
    rounds++;
    served.finish("skips", { outcome: "succeeded", exitCode: 99 });
    await engine.waitTask(`${id}/below`, Infinity);
  };
  let rounds = 0;
  await skip();
  await engine.retryTask(`${id}/skips`);
  await skip();
  served.finish("hangs");
  const run = (await engine.waitRun(id, Infinity))!;
  assert.deepEqual(states(run), {
    ...{ skips: "skipped", below: "skipped", hangs: "succeeded", child: "skipped", grandchild: "skipped" },
  });
});
