/** Processes that hang instead of ending: a worker that is suspended for longer or shorter than its lease. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page, TaskDetail } from "../../src/protocol/views.ts";
import type { WorkerView } from "../../src/protocol/worker-views.ts";
import { Place, type Started, until } from "./place.ts";

const place = new Place({ OCTOPUS_LINK_LEASE: "4s", OCTOPUS_LINK_HEARTBEAT: "200ms", OCTOPUS_TASKS_GRACE: "200ms" });
const inPlace = (name: string): string => join(place.dir, name);

before(() => place.serve("server"));
after(() => place.close());

const taskOf = async (id: string): Promise<TaskDetail> => (await place.call<TaskDetail>("GET", `/tasks/${id}`)).body;

async function startWorker(name: string): Promise<Started> {
  const worker = place.start(["worker", "--server", place.url, "--name", name]);
  await until(`${name} is online`, async () => {
    const { body } = await place.call<Page<WorkerView>>("GET", "/workers");
    return body.items.some((one) => one.name === name && one.state === "online");
  });
  return worker;
}

test("a worker that hangs longer than its lease loses its attempt; when it wakes it is told, and its result is ignored", async () => {
  const hung = await startWorker("hung");
  // The first attempt would succeed as soon as anybody let it; it is killed instead.
  const command = 'echo "$OCTOPUS_ATTEMPT" >> tries; test "$OCTOPUS_ATTEMPT" != 1 || exec sleep 1000';
  await place.call("POST", "/tasks", { id: "moved", shell: { command, cwd: place.dir } });
  await until("the first attempt runs", () => existsSync(inPlace("tries")));
  hung.child.kill("SIGSTOP");
  const other = await startWorker("other");
  const task = await until("the task has ended elsewhere", async () => {
    const now = await taskOf("moved");
    return now.state === "succeeded" && now;
  });
  const { attempts } = task;
  assert.deepEqual(
    attempts.map(({ outcome, worker }) => `${outcome} on ${worker}`),
    ["lost on hung", "succeeded on other"],
  );
  hung.child.kill("SIGCONT");
  await until(
    "the first attempt's command is gone",
    () => !place.processes().some(({ command: line }) => line.startsWith("sleep")),
  );
  await until("it is back", async () => {
    const { body } = await place.call<Page<WorkerView>>("GET", "/workers");
    return body.items.find(({ name }) => name === "hung")?.state === "online";
  });
  assert.deepEqual((await taskOf("moved")).attempts, attempts);
  assert.equal(readFileSync(inPlace("tries"), "utf8"), "1\n2\n");
  for (const { child, end } of [hung, other]) {
    child.kill("SIGTERM");
    assert.equal(await end, 0);
  }
});

test("a server that is suspended for a while loses no worker and no attempt", async () => {
  await startWorker("patient");
  const command = "touch patient-runs; while ! test -e patient-go; do sleep 0.05; done";
  await place.call("POST", "/tasks", { id: "patient", shell: { command, cwd: place.dir } });
  await until("it runs", () => existsSync(inPlace("patient-runs")));
  const [server] = place
    .pids("server")
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("server\0"));
  process.kill(server!, "SIGSTOP");
  // Longer than the lease: the time that the server itself slept is not the worker's silence.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  process.kill(server!, "SIGCONT");
  await place.run(["submit", "--wait", "--cwd", place.dir, "--", "touch patient-go"]);
  const { body } = await place.call<TaskDetail>("GET", "/tasks/patient?wait=60s");
  assert.deepEqual(
    body.attempts.map(({ outcome }) => outcome),
    ["succeeded"],
  );
});

test("a function that holds its worker's loop for longer than the lease runs once", async () => {
  const module = inPlace("hold.mjs");
  writeFileSync(
    module,
    "export function hold(ms) { const end = Date.now() + ms; while (Date.now() < end); return 'held'; }\n",
  );
  const busy = place.start(["worker", "--server", place.url, "--name", "busy", "--functions", module]);
  await place.call("POST", "/tasks", { id: "held", call: "hold", input: 6000 });
  const task = await until("the function has returned", async () => {
    const now = await taskOf("held");
    return now.endedAt !== undefined && now;
  });
  assert.equal(task.result, "held");
  assert.deepEqual(
    task.attempts.map(({ outcome, worker }) => `${outcome} on ${worker}`),
    ["succeeded on busy"],
  );
  busy.child.kill("SIGTERM");
  assert.equal(await busy.end, 0);
});
