// Real processes: a server, a worker that reaches it over NATS alone, and a NATS server; each is killed in the middle of
// work, and nothing is lost or has two results.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page, TaskView } from "../../src/protocol/views.ts";
import type { WorkerView } from "../../src/protocol/worker-views.ts";
import { endProcess, Place, type Started, until } from "../integration/place.ts";
import { NatsServer, withoutNats } from "./server.ts";

const skip = withoutNats();
let nats: NatsServer;
let place: Place;
let server: Started;

before(async () => {
  if (skip !== undefined) return;
  nats = await NatsServer.start();
  const slots = { OCTOPUS_WORKER_SLOTS: "8", OCTOPUS_TASKS_GRACE: "200ms" };
  // Longer than anything here is waited for: nothing of it comes by the end of a lease.
  place = new Place({ OCTOPUS_LINK_NATS: nats.address, OCTOPUS_LINK_LEASE: "10m", ...slots });
  server = await place.serve("server");
});
after(async () => {
  await place?.close();
  await nats?.stop();
});

const startWorker = (): Started => place.start(["worker", "--nats", nats.address, "--name", "box.1"]);
const task = async (id: string): Promise<TaskView> => (await place.call<TaskView>("GET", `/tasks/${id}`)).body;
const isOnline = async (): Promise<boolean> => {
  const { body } = await place.call<Page<WorkerView>>("GET", "/workers");
  return body.items.some(({ state }) => state === "online");
};
async function kill({ pid, end }: Started): Promise<void> {
  endProcess(pid, "SIGKILL");
  await end;
}

/** Says its attempt to a file when it begins, and ends when its file is there. */
function gated(id: string) {
  const [begun, go] = [join(place.dir, `begun-${id}`), join(place.dir, `go-${id}`)];
  const shell = `echo $OCTOPUS_ATTEMPT >> ${begun}; while [ ! -e ${go} ]; do sleep 0.05; done; echo said; echo file > $OCTOPUS_ARTIFACTS/f`;
  const begins = (): string[] => (existsSync(begun) ? readFileSync(begun, "utf8").trim().split("\n") : []);
  return { submission: { id, shell }, begins, open: () => writeFileSync(go, "") };
}

test("attempts go on while the server, and then NATS, are killed and come back", { skip }, async () => {
  const worker = startWorker();
  const one = gated("one");
  await until("submitted", () => place.takes([one.submission]));
  await until("it runs", () => one.begins().length === 1);
  await kill(server);
  server = await place.serve("server");
  await until("the worker is back", isOnline);
  await nats.kill();
  // What is submitted meanwhile waits.
  assert.ok(await place.takes([{ id: "meanwhile", shell: "true" }]));
  await nats.up();
  await until("work again", async () => (await task("meanwhile")).state === "succeeded");
  one.open();
  await until("its end", async () => (await task("one")).state === "succeeded");
  assert.equal((await task("one")).attempt, 1);
  assert.deepEqual(one.begins(), ["1"]);
  const logs = await fetch(`${place.url}/api/v1/tasks/one/logs`);
  assert.match(await logs.text(), /said/);
  const files = await place.call<{ items: { path: string }[] }>("GET", "/tasks/one/artifacts");
  assert.deepEqual(
    files.body.items.map(({ path }) => path),
    ["f"],
  );

  // Many short ones, with NATS gone in the middle of them.
  const many = Array.from({ length: 60 }, (_, n) => ({ id: `m${n}`, shell: "sleep 0.05" }));
  assert.ok(await place.takes(many));
  await until("some are done", async () => (await task("m5")).state === "succeeded");
  await nats.kill();
  await nats.up();
  for (const { id } of many) await until(`the end of ${id}`, async () => (await task(id)).state === "succeeded");

  // Killed without a word, and started again at once under the same name: it does not wait for the lease of the one before.
  const two = gated("two");
  assert.ok(await place.takes([two.submission]));
  await until("it runs", () => two.begins().length === 1);
  await kill(worker);
  const again = startWorker();
  await until("the second try", () => two.begins().length === 2);
  two.open();
  await until("its end", async () => (await task("two")).state === "succeeded");
  again.child.kill("SIGTERM");
  assert.equal(await again.end, 0);
});
