/**
 * Goal: several namespaces in one process are apart, survive its death, and one that is broken takes nobody else down.
 * Method: a real server with a database for each; it is killed, restarted, and one of the databases is spoiled meanwhile.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { NamespaceView } from "../../src/protocol/namespace.ts";
import { freePort, ready } from "../server-process.ts";
import { endProcess, Place, type Started, until } from "./place.ts";

const place = new Place();
after(() => place.close());
const port = await freePort();
const url = `http://127.0.0.1:${port}`;

async function start(env: Record<string, string> = {}): Promise<Started> {
  const server = place.start(["server", "--data", place.data, "--port", String(port)], { env });
  await ready(url, server.child);
  return server;
}

interface Answer {
  status: number;
  body: Seen;
}

/** What these answers hold, each in its own. */
interface Seen {
  items: NamespaceView[];
  maxParallel: number;
  state: string;
  detail: string;
  namespaces: string[];
}

async function ask(method: string, path: string, body?: unknown, namespace?: string): Promise<Answer> {
  const response = await fetch(`${url}${namespace === undefined ? "" : `/ns/${namespace}`}/api/v1${path}`, {
    method,
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text === "" ? "{}" : text) as Seen };
}

async function states(): Promise<Record<string, string>> {
  const { body } = await ask("GET", "/namespaces");
  return Object.fromEntries(body.items.map(({ name, state }) => [name, state]));
}

test("namespaces of one process are apart, survive it, and fall alone", async () => {
  writeFileSync(join(place.dir, "octopus.yaml"), "namespaces:\n  team-c:\n    arms: { slow: { maxParallel: 1 } }\n");
  let server = await start();
  for (const name of ["team-a", "team-b"]) {
    // It listens before it has opened everything.
    await until(`${name} is made`, async () => {
      const { status, body } = await ask("POST", "/namespaces", { name });
      assert.ok(status === 201 || status === 503, JSON.stringify(body));
      return status === 201;
    });
  }
  assert.equal((await ask("POST", "/namespaces", { name: "team-a" })).status, 409);
  await until("all are there", async () => Object.values(await states()).every((state) => state === "here"));
  assert.deepEqual(Object.keys(await states()), ["default", "team-a", "team-b", "team-c"]);
  const { body: arms } = await ask("GET", "/arms/slow", undefined, "team-c");
  assert.equal(arms.maxParallel, 1, JSON.stringify(arms));

  const names = [undefined, "team-a", "team-b", "team-c"];
  for (const [index, name] of names.entries())
    assert.equal((await ask("POST", "/tasks", { id: "same", shell: `echo ${index}` }, name)).status, 201);
  const worker = place.start(["worker", "--server", `${url}/ns/team-a`, "--name", "w", "--dir", join(place.dir, "w")]);
  await until("the task of team-a is done", async () => {
    const { body } = await ask("GET", "/tasks/same", undefined, "team-a");
    return body.state === "succeeded";
  });
  for (const name of [undefined, "team-b", "team-c"])
    assert.equal((await ask("GET", "/tasks/same", undefined, name)).body.state, "queued", name ?? "default");
  const backup = await ask("POST", "/backup", { path: join(place.dir, "copy.db") });
  assert.deepEqual(backup.body.namespaces, ["team-a", "team-b", "team-c"], JSON.stringify(backup.body));
  const copies = readdirSync(join(place.dir, "copy.db.namespaces"));
  assert.deepEqual(copies.toSorted(), ["team-a.db", "team-b.db", "team-c.db"]);
  endProcess(worker.pid, "SIGTERM");
  await worker.end;

  // Killed; meanwhile one database is spoiled.
  endProcess(server.pid, "SIGKILL");
  await server.end;
  const folder = join(place.data, "namespaces");
  const spoiled = join(folder, "team-b", "octopus.db");
  renameSync(spoiled, `${spoiled}.good`);
  writeFileSync(spoiled, "this is no database".repeat(1000));
  server = await start();
  await until("all were tried", async () => !Object.values(await states()).includes("starting"));
  assert.deepEqual(await states(), { default: "here", "team-a": "here", "team-b": "failed", "team-c": "here" });
  const refused = await ask("GET", "/tasks/same", undefined, "team-b");
  assert.equal(refused.status, 503);
  assert.match(refused.body.detail, /team-b is not served now: .*not a database/);
  assert.match(server.err(), /a namespace cannot be opened/);
  assert.equal((await ask("GET", "/tasks/same", undefined, "team-a")).body.state, "succeeded");
  assert.equal((await ask("GET", "/tasks/same")).body.state, "queued");

  // What is mended is opened without a restart.
  renameSync(`${spoiled}.good`, spoiled);
  await until("it is served again", async () => (await states())["team-b"] === "here");
  assert.equal((await ask("GET", "/tasks/same", undefined, "team-b")).body.state, "queued");

  const live = await ask("DELETE", "/namespaces/team-b");
  assert.deepEqual([live.status, /1 task has not ended/.test(live.body.detail)], [409, true]);
  assert.equal((await ask("DELETE", "/namespaces/team-b?force=true")).status, 204);
  assert.equal((await ask("DELETE", "/namespaces/team-a")).status, 204);
  assert.equal((await ask("GET", "/tasks", undefined, "team-b")).status, 404);
  assert.equal(existsSync(join(folder, "team-b")), false);
  assert.equal(readdirSync(join(folder, ".deleted")).length, 2);
  // A new one of the name knows nothing of the old.
  assert.equal((await ask("POST", "/namespaces", { name: "team-b" })).status, 201);
  assert.equal((await ask("GET", "/tasks/same", undefined, "team-b")).status, 404);

  // The old ones come back, each as it was.
  const said = async (...words: string[]): Promise<string> => {
    const { out, err } = await place.run([...words, "--server", url]);
    return out + err;
  };
  assert.match(await said("namespace", "list", "--deleted"), /team-a .*\n.*team-b |team-b .*\n.*team-a /);
  assert.match(await said("namespace", "undelete", "team-b"), /there is a namespace team-b: .* \(--as\)/);
  assert.match(await said("namespace", "undelete", "team-a"), /team-a {2}is back/);
  assert.match(await said("namespace", "undelete", "team-b", "--as", "team-d"), /team-d {2}is back/);
  assert.equal((await ask("GET", "/tasks/same", undefined, "team-a")).body.state, "succeeded");
  assert.equal((await ask("GET", "/tasks/same", undefined, "team-d")).body.state, "queued");
  assert.deepEqual(readdirSync(join(folder, ".deleted")), []);
  assert.equal((await ask("DELETE", "/namespaces/team-a")).status, 204);
  assert.match(await said("namespace", "undelete", "team-b"), /nothing is kept of .*"team-b": kept are team-a-2/);
  assert.match(await said("namespace", "purge", "team-a", "--yes"), /team-a-.* {2}gone for good/);
  assert.deepEqual(readdirSync(join(folder, ".deleted")), []);
  assert.equal((await ask("DELETE", "/namespaces/team-b")).status, 204);
  endProcess(server.pid, "SIGTERM");
  assert.equal(await server.end, 0, server.err());

  // What was kept goes when its time is over; and with the namespace, where nothing is to be kept.
  server = await start({ OCTOPUS_DATA_KEEP_DELETED: "0s" });
  await until("what was kept is gone", () => readdirSync(join(folder, ".deleted")).length === 0);
  await until("team-d is open", async () => (await states())["team-d"] === "here");
  assert.equal((await ask("DELETE", "/namespaces/team-d?force=true")).status, 204);
  assert.deepEqual(readdirSync(join(folder, ".deleted")), []);
  endProcess(server.pid, "SIGTERM");
  assert.equal(await server.end, 0, server.err());
});

test("while many namespaces are opened again, those that are open are served", async () => {
  const many = new Place();
  const own = await freePort();
  const listed = async (): Promise<NamespaceView[] | undefined> => {
    const response = await fetch(`http://127.0.0.1:${own}/api/v1/namespaces`).catch(() => undefined);
    return response?.ok === true ? ((await response.json()) as { items: NamespaceView[] }).items : undefined;
  };
  const isHere = ({ state }: NamespaceView): boolean => state === "here";
  try {
    const names = Array.from({ length: 60 }, (_, n) => `  team-${n + 10}: {}\n`);
    writeFileSync(join(many.dir, "octopus.yaml"), `namespaces:\n${names.join("")}`);
    const words = ["server", "--data", many.data, "--port", String(own)];
    const first = many.start(words);
    await until("all are made", async () => (await listed())?.every(isHere));
    endProcess(first.pid, "SIGTERM");
    await first.end;
    many.start(words);
    const seen = await until("default answers", listed);
    assert.equal(seen.length, 61);
    assert.ok(!seen.every(isHere), "the first answer comes before the last of them is open");
    await until("all are open", async () => (await listed())?.every(isHere));
  } finally {
    await many.close();
  }
});
