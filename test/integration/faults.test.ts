/** What goes wrong around Octopus rather than in it: the port, the data directory, the database, the names of workers. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, test } from "node:test";
import type { Page, TaskDetail } from "../../src/protocol/views.ts";
import type { WorkerView } from "../../src/protocol/worker-views.ts";
import { freePort } from "../server-process.ts";
import { endProcess, Place, until } from "./place.ts";

const place = new Place({ OCTOPUS_WORKER_NAME: "one", OCTOPUS_TASKS_GRACE: "200ms" });
const inPlace = (name: string): string => join(place.dir, name);
after(() => place.close());
afterEach(async () => {
  for (const { pid } of place.processes()) endProcess(pid, "SIGKILL");
  await until("the end of every process", () => place.processes().length === 0);
});

/** Starts `up` where it cannot work: it ends by itself, says why in one line, and leaves no process. */
async function assertRefused(args: string[], code: number, message: RegExp): Promise<void> {
  const up = place.start(["up", "--no-demo", ...args]);
  assert.equal(await up.end, code, up.err());
  const [said, ...more] = up
    .err()
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("{"));
  assert.match(said ?? "", message);
  assert.deepEqual(more, []);
  assert.deepEqual(place.processes(), []);
}

async function workers(): Promise<WorkerView[]> {
  return (await place.call<Page<WorkerView>>("GET", "/workers")).body.items;
}

test("a port in use is named", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const message = new RegExp(`^octopus: port ${port} on 127\\.0\\.0\\.1 is in use; .*--port`);
  await assertRefused(["--port", String(port), "--data", inPlace("port")], 3, message);
  other.close();
});

test("an address that this machine has not, and a name that nobody knows, are named", async () => {
  for (const host of ["192.0.2.1", "nowhere.invalid"]) {
    const message = new RegExp(`^octopus: ${RegExp.escape(host)} is not an address of this machine; .*--host`);
    await assertRefused(["--host", host, "--port", "0", "--data", inPlace("host")], 2, message);
  }
});

test("a data directory that cannot be made or written is named", async () => {
  writeFileSync(inPlace("file"), "");
  for (const path of ["file", "file/below"]) {
    await assertRefused(
      ["--port", "0", "--data", inPlace(path)],
      3,
      /^octopus: could not make the data directory .*file.*name a place that can be written/,
    );
  }
  // For root nothing is read-only: something else stands where the lock would be.
  mkdirSync(inPlace("held/octopus.lock"), { recursive: true });
  await assertRefused(
    ["--port", "0", "--data", inPlace("held")],
    3,
    /^octopus: could not write in the data directory .*held.*name a place/,
  );
});

test("a database of a newer version is refused, and not touched", async () => {
  mkdirSync(inPlace("newer"));
  const db = new DatabaseSync(inPlace("newer/octopus.db"));
  db.exec("PRAGMA user_version = 9999");
  db.close();
  await assertRefused(
    ["--port", "0", "--data", inPlace("newer")],
    3,
    /octopus\.db has format 9999, made by a newer Octopus/,
  );
});

test("a file that is no database is refused with what to do", async () => {
  mkdirSync(inPlace("broken"));
  writeFileSync(
    inPlace("broken/octopus.db"),
    "this is not a database, it only looks like one from far away\n".repeat(100),
  );
  await assertRefused(["--port", "0", "--data", inPlace("broken")], 3, /octopus\.db: file is not a database.*backup/);
});

test("a database with damaged pages, and damaged logs, are refused with what to do", async () => {
  place.port = await freePort();
  const up = await place.serve("server");
  const tasks = Array.from({ length: 500 }, () => ({ shell: `echo ${"x".repeat(1000)}`, delay: "1h" }));
  assert.equal((await place.call("POST", "/tasks", tasks)).status, 201);
  up.child.kill("SIGTERM");
  assert.equal(await up.end, 0);
  for (const [name, file] of [
    ["damaged", "octopus.db"],
    ["unlogged", "logs.db"],
  ] as const) {
    cpSync(place.data, inPlace(name), { recursive: true });
    const bytes = readFileSync(inPlace(`${name}/${file}`));
    // The first pages stay: they are what says that this is a database.
    writeFileSync(
      inPlace(`${name}/${file}`),
      name === "damaged" ? bytes.fill(0x5a, bytes.length / 4) : "rubbish".repeat(1000),
    );
    const message =
      name === "damaged"
        ? /^octopus: could not (open|read) .*malformed.*backup/
        : /^octopus: could not open .*logs\.db: .*backup/;
    await assertRefused(["--port", "0", "--data", inPlace(name)], 3, message);
  }
});

test("a functions module that does not load ends the start, with its reason", async () => {
  writeFileSync(inPlace("broken.ts"), "export function (\n");
  const args = ["--port", "0", "--data", inPlace("functions"), "--functions"];
  await assertRefused([...args, inPlace("broken.ts")], 2, /^octopus: could not load the functions module .*broken\.ts/);
  await assertRefused([...args, inPlace("absent.ts")], 2, /^octopus: could not load the functions module .*absent\.ts/);
});

test("a worker waits for its server, and what it runs outlives the server", async () => {
  place.port = await freePort();
  const worker = place.start(["worker", "--server", place.url]);
  await until("the worker says that nobody is there", () => /no connection to the server/.test(worker.err()));
  const first = await place.serve("server");
  await until("the worker is connected", async () => (await workers())[0]?.state === "online");
  const command = "touch started; while ! test -e go; do sleep 0.02; done; echo done";
  await place.call("POST", "/tasks", { id: "survivor", shell: { command, cwd: place.dir } });
  await until("the task runs", () => existsSync(inPlace("started")));
  process.kill(first.pid, "SIGKILL");
  await first.end;
  await place.serve("server");
  await until("the worker is back", async () => (await workers())[0]?.state === "online");
  writeFileSync(inPlace("go"), "");
  const { body } = await place.call<TaskDetail>("GET", "/tasks/survivor?wait=30s");
  assert.deepEqual([body.state, body.attempts.map(({ outcome }) => outcome)], ["succeeded", ["succeeded"]]);
});

test("a result that comes while the server is away arrives when it is back", async () => {
  const first = await place.serve("server");
  const worker = place.start(["worker", "--server", place.url]);
  const command = "touch late-started; while ! test -e late-go; do sleep 0.02; done; touch late-done";
  await place.call("POST", "/tasks", { id: "late", shell: { command, cwd: place.dir } });
  await until("the task runs", () => existsSync(inPlace("late-started")));
  process.kill(first.pid, "SIGKILL");
  await until("the worker sees it", () => /no connection to the server/.test(worker.err()));
  writeFileSync(inPlace("late-go"), "");
  await until("the command has ended", () => existsSync(inPlace("late-done")));
  await place.serve("server");
  const { body } = await place.call<TaskDetail>("GET", "/tasks/late?wait=30s");
  assert.deepEqual([body.state, body.attempts.length], ["succeeded", 1]);
});

test("a second worker of the same name is told so, and gets in when the first has left", async () => {
  await place.serve("server");
  const first = place.start(["worker", "--server", place.url]);
  await until("the first is connected", async () => (await workers())[0]?.pid === first.pid);
  const twin = place.start(["worker", "--server", place.url]);
  assert.equal(await twin.end, 1);
  assert.match(twin.err(), new RegExp(`another worker named one runs on this machine \\(process ${first.pid},`));
  // As on another machine.
  const second = place.start(["worker", "--server", place.url, "--dir", inPlace("elsewhere")]);
  await until("the second is refused", () =>
    /a worker named one is connected already: process \d+ on \S+ \(127\.0\.0\.1\), since \S+; stop it, or choose another --name/.test(
      second.err(),
    ),
  );
  assert.match(second.err(), /Trying again for 60 s/);
  assert.equal((await workers())[0]?.pid, first.pid);
  process.kill(first.pid, "SIGKILL");
  await until("the second is connected", async () => (await workers())[0]?.pid === second.pid);
});

test("a worker that is killed is started again by up, and its task is repeated", async () => {
  await place.serve("up");
  const command = 'test "$OCTOPUS_ATTEMPT" != 1 || { touch one-runs; exec sleep 1000; }';
  await place.call("POST", "/tasks", { id: "repeated", shell: { command, cwd: place.dir } });
  await until("the first attempt runs", () => existsSync(inPlace("one-runs")));
  for (const pid of place.pids("worker")) process.kill(pid, "SIGKILL");
  const { body } = await place.call<TaskDetail>("GET", "/tasks/repeated?wait=60s");
  assert.deepEqual(
    body.attempts.map(({ outcome }) => outcome),
    ["lost", "succeeded"],
  );
  await until(
    "the command of the first attempt is gone",
    () => !place.processes().some(({ command: line }) => line.includes("sleep 1000")),
  );
});
