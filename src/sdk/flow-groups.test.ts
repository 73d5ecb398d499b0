/** Runs, workflows and approvals by subject, embedded and against a server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Octopus, type RemoteOctopus } from "../mod.ts";
import { startTestServer } from "./testing.ts";

const WAIT_MS = 20_000;

async function everywhere(check: (octopus: Octopus | RemoteOctopus) => Promise<void>): Promise<void> {
  const seen: number[] = [];
  const functions = {
    double: (n: unknown) => (seen.push(n as number), (n as number) * 2),
    fail: () => {
      throw new Error("no luck");
    },
  };
  {
    await using octopus = await Octopus.open({ dataDir: ":memory:", functions });
    await check(octopus);
  }
  await using server = await startTestServer();
  await using octopus = Octopus.connect(server.url, { functions });
  await check(octopus);
}

/** Resolves once `look` finds something; the feed says when to look again. */
async function until<T>(octopus: Octopus | RemoteOctopus, look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = octopus.subscribe(() => resolve());
    try {
      const found = await look();
      if (found !== undefined) return found;
      // A subscription over the network begins in its own time.
      await Promise.race([promise, new Promise((rest) => setTimeout(rest, 100))]);
    } finally {
      stop();
    }
  }
}

test("a registered workflow is run by name, approved, and leaves its outputs", async () => {
  await everywhere(async (octopus) => {
    const definition = `name: twice
params: {n: 1}
tasks: {t: {call: double, input: "\${{ params.n }}", approval: "Double \${{ params.n }}?"}}
outputs: {twice: "\${{ tasks.t.result }}"}`;
    assert.equal((await octopus.workflows.set(definition)).name, "twice");
    assert.deepEqual(
      (await octopus.workflows.list()).map(({ name }) => name),
      ["twice"],
    );
    const handle = await octopus.workflows.run("twice", { params: { n: 21 } });
    const [asked] = await until(octopus, async () => {
      const { items } = await octopus.approvals.list({ run: handle.id });
      return items.length > 0 ? items : undefined;
    });
    assert.equal(asked!.approval!.message, "Double 21?");
    const approved = await octopus.approvals.approve(asked!.id, { by: "ann" });
    assert.equal(approved.approval!.by, "ann");
    assert.deepEqual((await handle.result(WAIT_MS)).outputs, { twice: 42 });
    assert.equal((await octopus.runs.get(handle.id)).definition, definition);
    await octopus.workflows.remove("twice");
    await assert.rejects(octopus.workflows.get("twice"), { code: "not_found" });
    await assert.rejects(octopus.workflows.run("twice"), { code: "not_found" });
    await assert.rejects(octopus.workflows.set("tasks: {a: {cal: x}}"), { code: "invalid" });
  });
});

test("runs are listed, paused, resumed, cancelled, done again; a task is marked", async () => {
  await everywhere(async (octopus) => {
    const { runs } = octopus;
    const handle = await octopus.run("name: w\ntasks: {a: {call: fail}, b: {needs: a, call: double, input: 2}}");
    assert.equal((await handle.wait(WAIT_MS)).state, "failed");
    const tasks = (await runs.get(handle.id)).tasks;
    const [a, b] = tasks as [(typeof tasks)[0], (typeof tasks)[0]];
    assert.deepEqual([a.state, b.state], ["failed", "upstream_failed"]);
    const why = await runs.explain(handle.id);
    assert.deepEqual([why.counts, why.groups.length], [{ failed: 1, upstream_failed: 1 }, 2]);
    await assert.rejects(runs.explain("r999"), { code: "not_found" });
    assert.equal((await octopus.mark(a.id, { state: "succeeded", note: "by hand" })).state, "succeeded");
    assert.equal((await handle.wait(WAIT_MS)).state, "succeeded");
    assert.equal((await runs.retry(handle.id, { task: "a", downstream: true })).state, "running");
    assert.equal((await handle.wait(WAIT_MS)).state, "failed");

    const waiting = await octopus.run("tasks: {t: {approval: true, call: double, input: 1}}");
    assert.equal((await runs.pause(waiting.id, "lunch")).paused, true);
    assert.equal((await runs.resume(waiting.id)).paused, undefined);
    const task = (await runs.get(waiting.id)).tasks[0]!;
    await until(octopus, async () => ((await octopus.approvals.list()).items.length > 0 ? true : undefined));
    assert.equal((await octopus.approvals.reject(task.id, { note: "no" })).state, "failed");
    assert.equal((await runs.list({ workflow: "w" })).items.length, 1);
    const third = await octopus.run("tasks: {t: {approval: true, call: double, input: 1}}");
    await runs.cancel(third.id, "enough");
    assert.equal((await third.wait(WAIT_MS)).state, "cancelled");
    await assert.rejects(runs.get("r999"), { code: "not_found" });
    await assert.rejects(runs.retry(third.id, { task: "nobody" }), { code: "not_found" });
  });
});
