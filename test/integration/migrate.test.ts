/**
 * Goal: a server's data goes into a cluster and comes back as it was: every row, every file, every line of output.
 * Method: a server that stands alone makes history; it is moved into a cluster and, from another directory that took it from
 * the log, out again. Tables are compared before and after.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LogPage } from "../../src/protocol/log-views.ts";
import type { RunDetail } from "../../src/protocol/run-views.ts";
import type { TaskDetail } from "../../src/protocol/views.ts";
import { NatsServer, withoutNats } from "../nats/server.ts";
import { freePort } from "../server-process.ts";
import { dump, sameTables } from "./cluster-place.ts";
import { Place, type Started, until } from "./place.ts";

const skip = withoutNats();
const WORKFLOW = `
name: history
tasks:
  first: { shell: "echo one; seq 1 200; echo kept > $OCTOPUS_ARTIFACTS/left.txt" }
  second: { needs: [first], shell: "exit 3", retries: { limit: 1, delay: 10ms }, allowFailure: true }
  third: { needs: [second], shell: "echo done" }
`;

let nats: NatsServer;
const place = new Place();
let running: Started | undefined;

before(async () => {
  if (skip === undefined) nats = await NatsServer.start();
});
after(async () => {
  await place.close();
  await nats?.stop();
});

async function ended(what: Started): Promise<void> {
  what.child.kill("SIGTERM");
  assert.equal(await what.end, 0, what.err());
}

async function migrate(to: string, data: string, more: readonly string[] = []) {
  const said = await place.run(["migrate", "--to", to, "--data", data, "--output", "json", ...more]);
  return { code: said.code, answer: said.out === "" ? undefined : JSON.parse(said.out), err: said.err };
}

test("a database with history goes into a cluster and out of it, and is the same", { skip }, async () => {
  running = await place.serve("up");
  writeFileSync(join(place.dir, "history.yaml"), WORKFLOW);
  const ran = await place.run(["run", "history.yaml", "--output", "json"]);
  assert.equal(ran.code, 0, ran.err + ran.out);
  const large = "x".repeat(400_000);
  writeFileSync(join(place.dir, "large.txt"), large);
  const submitted = await place.run(["submit", "--wait", "--id", "large", "--", "cat large.txt; cat large.txt >&2"]);
  assert.equal(submitted.code, 0, submitted.err);
  await place.run(["arms", "set", "builds", "--max-parallel", "3"]);
  await place.run(["token", "create", "viewer", "--role", "viewer"]);
  for (const name of ["team-a", "team-b"]) {
    const made = await place.call("POST", "/namespaces", { name });
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
  const below = async (method: string, path: string, body: unknown): Promise<void> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${place.url}/ns/team-a/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, await answer.text());
  };
  await below("POST", "/tasks", { id: "waits", shell: "true" });
  await below("POST", "/schedules", { name: "nightly", cron: "0 3 * * *", task: { shell: "true" } });

  const refused = await migrate(`nats://${nats.address}`, place.data);
  assert.notEqual(refused.code, 0);
  assert.match(JSON.stringify(refused), /in use by process/);
  await ended(running);
  const own = dump(place.data);
  const teams = ["team-a", "team-b"].map((name) => [name, dump(join(place.data, "namespaces", name))] as const);
  const sameTeams = (dir: string): void => {
    for (const [name, rows] of teams) sameTables(dump(join(dir, "namespaces", name)), rows);
  };
  const output = dumpOutput(place.data);

  const into = await migrate(`nats://${nats.address}`, place.data);
  assert.equal(into.code, 0, into.err + JSON.stringify(into.answer));
  assert.deepEqual(into.answer.namespaces, ["team-a", "team-b"]);
  sameTables(dump(place.data), own);
  sameTeams(place.data);
  const alone = place.start(["server", "--data", place.data, "--port", "0"]);
  assert.notEqual(await alone.end, 0);
  assert.match(alone.err() + alone.out(), /is a replica of shard default in cluster main/);
  const again = await migrate(`nats://${nats.address}`, place.data);
  assert.match(JSON.stringify(again), /is a replica of shard default in cluster main/);

  // Out of it by a directory that holds nothing: all comes from the log and the shared objects.
  const other = join(place.dir, "other");
  mkdirSync(other);
  const out = await migrate("embedded", other, ["--nats", nats.address, "--server-name", "other"]);
  assert.equal(out.code, 0, out.err + JSON.stringify(out.answer));
  sameTables(dump(other), own);
  sameTeams(other);

  const closed = place.start(["server", "--nats", nats.address, "--data", place.data, "--port", "0"]);
  assert.notEqual(await closed.end, 0);
  assert.match(closed.err() + closed.out(), /cluster main is closed/);

  // And in again, and served there by a server that has nothing but the cluster.
  const back = await migrate(`nats://${nats.address}`, other);
  assert.equal(back.code, 0, back.err + JSON.stringify(back.answer));
  const third = join(place.dir, "third");
  const port = await freePort();
  const server = place.start([
    ...["server", "--nats", nats.address, "--server-name", "third", "--data", third, "--port", String(port)],
  ]);
  const url = `http://127.0.0.1:${port}/api/v1`;
  const read = async <T>(path: string): Promise<T> => (await (await fetch(url + path)).json()) as T;
  await until(
    "the new server is ready",
    async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok,
  );
  await until("the namespace is there", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/ns/team-a/api/v1/tasks/waits`);
    return answer.ok && ((await answer.json()) as TaskDetail).state === "queued";
  });
  const task = await read<TaskDetail>("/tasks/large");
  assert.equal(task.state, "succeeded");
  const page = await read<LogPage>("/tasks/large/logs?limit=5");
  assert.ok(page.items.length > 0, "output from before is there");
  const run = await read<RunDetail>("/runs/r1");
  assert.equal(run.workflow, "history");
  const left = await fetch(`${url}/tasks/${run.tasks[0]!.id}/artifacts/left.txt`);
  assert.equal(await left.text(), "kept\n");
  await until("it has started", () => server.out().includes("Octopus server at"));
  await ended(server);
  assert.deepEqual(dumpOutput(third), output);
});

function dumpOutput(dir: string): string {
  return Object.values(dump(dir, "logs.db")).flat().join("\n");
}
