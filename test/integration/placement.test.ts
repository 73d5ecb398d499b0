/**
 * Where tasks run, with real processes: a server and workers with labels. Tasks for all workers outlive the death of a worker
 * and of the server; and every piece of YAML in docs/guide/placement.md runs to its end.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { RunDetail } from "../../src/protocol/run-views.ts";
import type { Page, TaskDetail } from "../../src/protocol/views.ts";
import type { WorkerView } from "../../src/protocol/worker-views.ts";
import { root } from "../source-files.ts";
import { Place, type Started, until } from "./place.ts";

const place = new Place({ OCTOPUS_LINK_LEASE: "3s", OCTOPUS_LINK_HEARTBEAT: "200ms", OCTOPUS_TASKS_GRACE: "200ms" });
let server: Started;
const workers = new Map<string, Started>();

const taskOf = async (id: string): Promise<TaskDetail> => (await place.call<TaskDetail>("GET", `/tasks/${id}`)).body;
const ended = (id: string): Promise<TaskDetail> =>
  until(`${id} has ended`, async () => {
    const task = await taskOf(id);
    return task.endedAt !== undefined && task;
  });

async function startWorker(name: string, ...more: string[]): Promise<void> {
  workers.set(name, place.start(["worker", "--server", place.url, "--name", name, ...more]));
  await until(`${name} is online`, async () => {
    const { body } = await place.call<Page<WorkerView>>("GET", "/workers");
    return body.items.some((one) => one.name === name && one.state === "online");
  });
}

before(async () => {
  server = await place.serve("server");
  await Promise.all([
    startWorker("attic", "--labels", "zone=attic,disk=ssd", "--resources", "cpu=2,gpu=[0,1]"),
    startWorker("cellar", "--labels", "zone=cellar"),
  ]);
});
after(() => place.close());

test("labels say where a task runs, and units what it finds there", async () => {
  const shell = { command: 'echo "$CUDA_VISIBLE_DEVICES/$OCTOPUS_RESOURCE_GPU"' };
  await place.call("POST", "/tasks", {
    id: "there",
    shell,
    target: { labels: "zone in (attic), disk" },
    resources: { gpu: { index: 1 } },
  });
  await place.call("POST", "/tasks", { id: "prefers", shell: "true", target: { prefer: "zone == cellar" } });
  const [there, prefers] = [await ended("there"), await ended("prefers")];
  assert.deepEqual(
    [there.state, there.attempts[0]!.worker, prefers.attempts[0]!.worker],
    ["succeeded", "attic", "cellar"],
  );
  const { body } = await place.call<{ items: { text: string }[] }>("GET", "/tasks/there/logs");
  assert.match(JSON.stringify(body), /1\/1/);
});

test("a task for all workers goes on when a worker dies, and when the server does", async () => {
  const command = "while ! test -f go; do sleep 0.05; done; echo over";
  await place.call("POST", "/tasks", { id: "sweep", shell: { command, cwd: place.dir }, worker: "ALL" });
  await until(
    "both run",
    async () =>
      Object.values((await taskOf("sweep")).workers ?? {}).filter(({ state }) => state === "running").length === 2,
  );
  for (const { child, end } of [workers.get("cellar")!, server]) {
    child.kill("SIGKILL");
    await end;
  }
  server = await place.serve("server");
  await Promise.all([startWorker("cellar", "--labels", "zone=cellar"), startWorker("late")]);
  writeFileSync(join(place.dir, "go"), "");
  const task = await ended("sweep");
  assert.deepEqual([task.state, Object.keys(task.workers!)], ["succeeded", ["attic", "cellar"]]);
  assert.deepEqual(task.lateWorkers, ["late"]);
  const [logs, followed] = await Promise.all([place.run(["logs", "sweep"]), place.run(["logs", "-f", "sweep"])]);
  for (const { code, out } of [logs, followed]) {
    assert.equal(code, 0);
    assert.deepEqual(
      out
        .trim()
        .split("\n")
        .map((line) => line.replace(/ +\|/, " |"))
        .toSorted(),
      ["sweep[attic] | over", "sweep[cellar] | over"],
    );
  }
  const shown = await place.run(["show", "sweep"]);
  assert.match(shown.out, /WORKER +TASK +STATE/);
  assert.match(shown.out, /joined too late to be asked: late/);
});

const guide = readFileSync(join(root, "docs/guide/placement.md"), "utf8");
for (const { index, 1: text } of guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)) {
  const line = guide.slice(0, index).split("\n").length;
  test(`docs/guide/placement.md:${line} runs to its end`, async () => {
    const { body } = await place.call<{ id: string }>("POST", "/runs", { definition: text, source: "placement.yaml" });
    const run = await until("the run has ended", async () => {
      const { body: now } = await place.call<RunDetail>("GET", `/runs/${body.id}`);
      return now.endedAt !== undefined && now;
    });
    const why = run.tasks.map(({ name, state, reason, error }) => ({ name, state, why: reason ?? error?.message }));
    assert.equal(run.state, "succeeded", JSON.stringify(why));
    assert.equal((run.result as { workers: number }).workers >= 2, true);
  });
}
