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
  let rounds = 0;
  const begun = async () => {
    await until(engine, () => served.came.filter(({ name }) => name === "skips").length > rounds || undefined);
    rounds++;
  };
  const skip = () => served.finish("skips", { outcome: "succeeded", exitCode: 99 });
  await begun();
  skip();
  await engine.waitTask(`${id}/below`, Infinity);
  await engine.retryTask(`${id}/skips`);
  await begun();
  served.finish("hangs");
  await engine.waitTask(`${id}/hangs`, Infinity);
  assert.deepEqual(
    ["child", "grandchild"].map((name) => engine.task(`${id}/${name}`)?.state),
    ["blocked", "blocked"],
  );
  skip();
  const run = (await engine.waitRun(id, Infinity))!;
  assert.deepEqual(states(run), {
    ...{ skips: "skipped", below: "skipped", hangs: "succeeded", child: "skipped", grandchild: "skipped" },
  });
});

test("what comes back with a retried need still hears of its other needs", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const served = serve(engine);
  const tasks = [
    task("off", "hang"),
    task("bad", "hang"),
    task("both", "ok", { needs: ["off", "bad"] }),
    task("below", "ok", { needs: ["both"], node: { trigger: "all_done" } }),
  ];
  const { id } = await engine.submitRun(workflow(tasks));
  const times = (name: string) => served.came.filter((each) => each.name === name).length;
  await until(engine, () => times("bad") === 1 || undefined);
  served.finish("bad", { outcome: "failed", exitCode: 1 });
  await engine.waitTask(`${id}/bad`, Infinity);
  served.finish("off", { outcome: "succeeded", exitCode: 99 });
  const before = (await engine.waitRun(id, Infinity))!;
  const ends = { off: "skipped", bad: "failed", both: "upstream_failed", below: "succeeded" };
  assert.deepEqual(states(before), ends);
  await engine.retryRun(id, {});
  await until(engine, () => times("bad") === 2 || undefined);
  assert.equal(engine.task(`${id}/both`)?.state, "skipped");
  served.finish("bad");
  assert.deepEqual(states((await engine.waitRun(id, Infinity))!), { ...ends, bad: "succeeded", both: "skipped" });
  assert.equal(times("both"), 0);
  await assert.rejects(engine.retryTask(`${id}/both`), /both needs .*, which is skipped; retry that one/);
});

test("what has undone a task does not do so twice, even when somebody asks for it", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  serve(engine);
  const node = { role: "compensate", of: "made" } as const;
  const tasks = [task("made"), task("bad", "fail", { needs: ["made"] }), task("undo", "ok", { node })];
  const { id } = await runToEnd(engine, workflow(tasks));
  assert.equal(engine.task(`${id}/undo`)?.state, "succeeded");
  await assert.rejects(engine.retryTask(`${id}/undo`), { code: "conflict", message: /undo has undone made already/ });
});

test("a task outside of the run waits again for one that it needs", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const served = serve(engine);
  const times = (name: string) => served.came.filter((each) => each.name === name).length;
  const { id } = await engine.submitRun(workflow([task("made", "hang")]));
  await until(engine, () => times("made") === 1 || undefined);
  served.finish("made");
  await engine.waitRun(id, Infinity);
  await engine.submit([task("gate", "hang"), task("outside", "ok", { needs: ["t1", "gate"] })]);
  await engine.retryRun(id, { from: "all" });
  await until(engine, () => (times("made") === 2 && times("gate") === 1) || undefined);
  served.finish("gate");
  await engine.waitTask("gate", Infinity);
  assert.equal(engine.task("outside")?.state, "blocked");
  served.finish("made");
  assert.equal((await engine.waitTask("outside", Infinity))?.state, "succeeded");
});
