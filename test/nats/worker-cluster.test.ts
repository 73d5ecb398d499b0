// Workers over NATS, as their users meet them: a cluster of two servers whose leader is killed while an attempt runs, and a
// function that holds its worker's loop for longer than the lease. All of them real processes.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import type { TaskView } from "../../src/protocol/views.ts";
import { endProcess, Place, until } from "../integration/place.ts";
import { freePort, ready } from "../server-process.ts";
import { NatsServer, withoutNats } from "./server.ts";

const skip = withoutNats();

test("an attempt goes on while the leader of a cluster is killed, and has one result", { skip }, async () => {
  await using nats = await NatsServer.start();
  const place = new Place({ OCTOPUS_CLUSTER_NATS: nats.address, OCTOPUS_CLUSTER_NAME: "test" });
  try {
    const servers = await Promise.all(
      ["a", "b"].map(async (name) => {
        const port = await freePort();
        const words = ["--server-name", name, "--port", String(port), "--data", join(place.dir, name)];
        const started = place.start(["server", ...words]);
        return { name, port, started };
      }),
    );
    for (const { port, started } of servers) await ready(`http://127.0.0.1:${port}`, started.child);
    place.start(["worker", "--nats", nats.address, "--cluster", "test", "--name", "w"]);
    place.port = servers[0]!.port;
    const leader = await until("somebody leads", async () => {
      const { body } = await place.call<ClusterView>("GET", "/cluster");
      return servers.find(({ name }) => name === body.leader);
    });
    const other = servers.find((server) => server !== leader)!;
    // Asked is the one that stays.
    place.port = other.port;
    const [begun, go] = [join(place.dir, "begun"), join(place.dir, "go")];
    const shell = `echo $OCTOPUS_ATTEMPT >> ${begun}; while [ ! -e ${go} ]; do sleep 0.05; done; echo said`;
    await until("taken", () => place.takes([{ id: "one", shell }]));
    await until("it runs", () => existsSync(begun));
    endProcess(leader.started.pid, "SIGKILL");
    await leader.started.end;
    writeFileSync(go, "");
    const state = async (id: string) => (await place.call<TaskView>("GET", `/tasks/${id}`)).body;
    await until("its end", async () => (await state("one")).state === "succeeded");
    assert.equal((await state("one")).attempt, 1);
    assert.equal(readFileSync(begun, "utf8"), "1\n");
    await until("taken", () => place.takes([{ id: "two", shell: "true" }]));
    await until("work at the new leader", async () => (await state("two")).state === "succeeded");
  } finally {
    await place.close();
  }
});

test("a function that holds its worker's loop for longer than the lease keeps its attempt", { skip }, async () => {
  await using nats = await NatsServer.start();
  const env = { OCTOPUS_LINK_NATS: nats.address, OCTOPUS_LINK_LEASE: "3s", OCTOPUS_LINK_HEARTBEAT: "300ms" };
  const place = new Place(env);
  try {
    const functions = join(place.dir, "functions.mjs");
    const loop = "const end = Date.now() + 7000; while (Date.now() < end); return 7;";
    writeFileSync(functions, `export function hold() { ${loop} }\n`);
    await place.serve("server");
    const worker = ["worker", "--nats", nats.address, "--name", "w", "--functions", functions];
    place.start(worker, { env: { OCTOPUS_CLUSTER_NAME: "main" } });
    await until("taken", () => place.takes([{ id: "one", call: "hold" }]));
    const task = async (): Promise<TaskView> => (await place.call<TaskView>("GET", "/tasks/one")).body;
    await until("its end", async () => (await task()).state === "succeeded");
    assert.equal((await task()).attempt, 1);
  } finally {
    await place.close();
  }
});

test("a worker whose namespace is deleted, or never was, ends and says so", { skip }, async () => {
  await using nats = await NatsServer.start();
  const place = new Place({ OCTOPUS_CLUSTER_NATS: nats.address, OCTOPUS_CLUSTER_NAME: "test" });
  try {
    await place.serve("server", ["--server-name", "a"]);
    const made = await until("it can be made", async () => {
      const answer = await place.call("POST", "/namespaces", { name: "team-a" });
      return answer.status !== 503 && answer;
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const words = ["worker", "--nats", nats.address, "--cluster", "test"];
    const worker = place.start([...words, "--name", "w", "--namespace", "team-a"]);
    await until("it is at work", async () => {
      const response = await fetch(`${place.url}/ns/team-a/api/v1/workers`);
      const { items = [] } = (await response.json()) as { items?: { name: string }[] };
      return items.some(({ name }) => name === "w");
    });
    const other = place.start([...words, "--name", "other", "--namespace", "team-b"]);
    const gone = await fetch(`${place.url}/api/v1/namespaces/team-a?force=true`, { method: "DELETE" });
    assert.equal(gone.status, 204, await gone.text());
    const lost = [
      { name: "team-a", started: worker },
      { name: "team-b", started: other },
    ];
    for (const { name, started } of lost) {
      assert.equal(await started.end, 1, `${name}: ${started.err()}`);
      assert.match(started.err(), new RegExp(`there is no namespace "${name}" here`));
    }
  } finally {
    await place.close();
  }
});
