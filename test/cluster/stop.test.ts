/**
 * Goal: a server that is told to stop ends, with the exit code 0, also when what the servers share stands still: whoever
 * stops it waits for no one else.
 * Method: real processes. NATS is halted while output is on its way to it, and the server has begun to look for it anew.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClusterPlace } from "../integration/cluster-place.ts";
import { endProcess, until } from "../integration/place.ts";
import { withoutNats } from "../nats/server.ts";

const skip = withoutNats();
let cluster: ClusterPlace;

before(async () => {
  if (skip === undefined) cluster = await ClusterPlace.open();
});
after(() => cluster?.close());

test("a server that is told to stop ends while NATS stands still", { skip }, async () => {
  const a = await cluster.start("a");
  const worker = cluster.worker("w", a);
  await cluster.submit(() => a, [{ id: "talks", shell: "while true; do echo word; sleep 0.02; done" }]);
  await until("output comes", async () => {
    const response = await fetch(`${a.url}/api/v1/tasks/talks/logs`);
    return (await response.text()).includes("word");
  });
  cluster.nats.signal("SIGSTOP");
  await until("the server has noticed", () => /it is made anew/.test(a.started.out() + a.started.err()));
  endProcess(a.started.pid, "SIGTERM");
  assert.equal(await a.started.end, 0, a.started.err());
  cluster.nats.signal("SIGCONT");
  endProcess(worker.pid, "SIGKILL");
});
