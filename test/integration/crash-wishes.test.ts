/**
 * Goal: what tasks ask for holds through kill -9 of the server, the worker or both: keys, mutexes, rates, unique keys,
 * the cache, callbacks, files, schedules, dead letters and bulk actions.
 * Method: a producer submits tasks with all of these while processes are killed at random moments and `up` is started
 * again. Commands write a line when they begin and one when they end; these lines, the database and what a receiver of
 * webhooks got are compared at the end (crash-wishes-checks.ts). A failure names the seed; `CRASH_SEED=…` draws the same
 * kills and tasks again.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { createPrng } from "../../src/base/prng.ts";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import type { ArmView, BulkView, QuotaView } from "../../src/protocol/views.ts";
import { checkCache, checkFiles, checkHooks, checkRate, checkSideBySide, checkTicks } from "./crash-wishes-checks.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { endProcess, Place, type Role, type Started, until } from "./place.ts";

const ROUNDS = 6;
/** Most tasks of a round, so that a fast machine does not make a long test. */
const ROUND_TASKS_MAX = 60;
const SECRET = "crash-wishes";
const TARGETS: readonly Role[][] = [["server"], ["worker"], ["worker", "server"], ["server", "worker", "spawner"]];
const RATE = { limit: 3, per: 1000, burst: 1 };
const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const random = createPrng(seed);

const place = new Place({
  OCTOPUS_WORKER_SLOTS: "8",
  OCTOPUS_TASKS_GRACE: "200ms",
  OCTOPUS_CALLBACKS_SECRET: SECRET,
});
const hooks = new HookReceiver(SECRET, createPrng(seed + 1));
const effects = join(place.dir, "effects");
const mended = join(place.dir, "mended");
const acknowledged = new Map<string, TaskSubmission>();
let up: Started;

before(async () => {
  writeFileSync(effects, "");
  await hooks.open();
  up = await place.serve("up");
});
after(async () => {
  await place.close();
  await hooks.close();
});

/** A command that says when it begins and ends; `name` is what must not run side by side, or not too often. */
function marked(name: string, command: string): string {
  const line = (sign: string): string => `echo "${sign} ${name} $OCTOPUS_TASK_ID $OCTOPUS_ATTEMPT" >> ${effects}`;
  return `${line("+")}; ${command}; ${line("-")}`;
}

/** A command for a while that is short, and not always the same. */
const nap = (): string => `sleep 0.0${random.int(8)}`;

type Draw = (id: string) => TaskSubmission;
const KINDS: readonly Draw[] = [
  (id) => {
    const key = `key-${random.int(4)}`;
    return { id, shell: marked(key, nap()), concurrencyKey: key, arm: random.pick(["default", "batch", "analytics"]) };
  },
  (id) => ({ id, shell: marked("pair", nap()), concurrencyKey: { key: "pair", limit: 2 } }),
  (id) => {
    const [one, two] = random.pick([
      ["m1", "m2"],
      ["m2", "m3"],
      ["m3", "m1"],
    ] as const);
    const lines = marked(`mutex-${one}`, marked(`mutex-${two}`, nap()));
    return { id, shell: lines, mutex: [one, two], arm: random.pick(["default", "builds"]) };
  },
  (id) => ({ id, shell: marked("owner", nap()), owner: "ann" }),
  (id) => ({ id, shell: "true", rate: { key: "api", ...RATE } }),
  (id) => ({ id, shell: `${marked("cache", nap())}; cat ${effects} | wc -l`, cache: { key: `c${random.int(3)}` } }),
  (id) => ({ id, shell: `echo ${id} > "$OCTOPUS_ARTIFACTS/own"; echo same > "$OCTOPUS_ARTIFACTS/same"` }),
  (id) => ({ id, shell: `test -e ${mended}`, tags: ["broken"] }),
  (id) => {
    const fast = { limit: 200, delay: 20, maxDelay: 200 } as const;
    const http = { method: "POST", url: hooks.url, sign: "default" } as const;
    return { id, shell: nap(), on: { end: { task: { http, retries: fast } }, success: { call: "nobody-has-this" } } };
  },
  (id) => ({
    id,
    shell: "exit 1",
    retries: { limit: 1, delay: 10 },
    onFailure: { shell: marked(`alarm-${id}`, "true") },
  }),
];

/** Submits a few tasks, again and again under the same ids until they are acknowledged or the round is over. */
async function submit(round: number, part: number, isOver: () => boolean): Promise<void> {
  const tasks = Array.from({ length: 4 + random.int(8) }, (_, index) =>
    random.pick(KINDS)(`k${round}-${part}-${index}`),
  );
  // A unique key has no id of its own: each time it is a new task, or the one that lives.
  const unique: TaskSubmission = { shell: marked("unique", nap()), uniqueKey: "only" };
  const once: TaskSubmission = { shell: marked("once", nap()), uniqueKey: { key: "hourly", period: "1h" } };
  while (!(await place.takes([...tasks, unique, once]))) {
    if (isOver()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const task of tasks) acknowledged.set(task.id!, task);
}

async function produce(round: number, isOver: () => boolean): Promise<void> {
  const sizeAtStart = acknowledged.size;
  for (let part = 0; !isOver(); part++) {
    if (acknowledged.size - sizeAtStart < ROUND_TASKS_MAX) await submit(round, part, isOver);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function kill(targets: readonly Role[]): Promise<void> {
  for (const role of targets) for (const pid of place.pids(role)) endProcess(pid, "SIGKILL");
  if (targets.includes("server")) {
    await up.end;
    up = await place.serve("up");
  } else await until("the server answers", async () => (await place.call("GET", "/status")).status === 200);
}

async function crash(round: number): Promise<void> {
  const targets = random.pick(TARGETS);
  const momentMs = 100 + random.int(800);
  let isOver = false;
  const producer = produce(round, () => isOver);
  producer.catch(() => undefined); // Awaited below; until then its failure is not an unhandled one.
  await new Promise((resolve) => setTimeout(resolve, momentMs));
  await kill(targets);
  isOver = true;
  await producer;
}

/**
 * Waits until nothing is left but what can never start: the callbacks to a function that nobody has. Read in one query
 * from the database, because a callback may be due whose task was not made yet.
 */
async function allEnded(what: string): Promise<void> {
  const left = `SELECT (SELECT count(*) FROM due) + (SELECT count(*) FROM tasks WHERE type <> 'nobody-has-this'
    AND state IN ('blocked', 'scheduled', 'queued', 'running')) AS n`;
  const db = openDatabase();
  try {
    await until(what, () => db.prepare(left).get()?.["n"] === 0);
  } finally {
    db.close();
  }
}

function openDatabase(): DatabaseSync {
  return new DatabaseSync(join(place.data, "octopus.db"), { readOnly: true });
}

async function retryTheDead(): Promise<void> {
  writeFileSync(mended, "");
  const filter = { dead: true, tag: "broken" };
  const { status, body } = await place.call<BulkView>("POST", "/bulk-actions", { action: "retry", filter });
  assert.equal(status, 202, JSON.stringify(body));
  await kill(random.pick(TARGETS));
  await until("the bulk action is done", async () => {
    const { body: bulk } = await place.call<BulkView>("GET", `/bulk-actions/${body.id}`);
    return bulk.state === "done" && (assert.equal(bulk.done, bulk.total), true);
  });
  await allEnded("all that was retried has ended");
  const { body: dead } = await place.call<{ items: { id: string }[] }>("GET", "/tasks?dead=true&tag=broken");
  assert.deepEqual(dead.items, []);
}

test(`kill -9 under tasks that ask for everything (CRASH_SEED=${seed})`, async (t) => {
  const arms = { batch: 2, builds: 1 };
  for (const [name, maxParallel] of Object.entries(arms)) await place.call("PUT", `/arms/${name}`, { maxParallel });
  await place.call("PUT", "/quotas/ann", { concurrent: 2 });
  const single = { shell: marked("single", "sleep 1.3") };
  for (const [name, schedule] of Object.entries({
    each: { cron: "* * * * * *", zone: "UTC", task: { shell: "true" } },
    single: { cron: "* * * * * *", zone: "UTC", overlap: "skip", task: single },
  }))
    assert.equal((await place.call("PUT", `/schedules/${name}`, schedule)).status, 200, name);

  for (let round = 0; round < ROUNDS; round++) await crash(round);
  for (const name of ["each", "single"]) await place.call("POST", `/schedules/${name}/pause`);
  await allEnded("every task has ended");
  await retryTheDead();

  // Nothing is held any more: one more of each starts and ends.
  for (const [index, draw] of KINDS.entries()) {
    const task = { ...draw(`last-${index}`), on: {} };
    assert.equal((await place.call("POST", "/tasks", task)).status, 201);
  }
  await allEnded("one more of each has ended");
  const { body: free } = await place.call<{ items: ArmView[] }>("GET", "/arms");
  assert.deepEqual(
    free.items.filter(({ active }) => active > 0).map(({ name }) => name),
    [],
  );
  const { body: quotas } = await place.call<{ items: QuotaView[] }>("GET", "/quotas");
  assert.deepEqual(
    quotas.items.map(({ owner, active }) => [owner, active]),
    [["ann", 0]],
  );

  const lines = readFileSync(effects, "utf8").split("\n").slice(0, -1);
  const db = openDatabase();
  const limits = new Map([
    ["pair", 2],
    ["owner", 2],
  ]);
  const overlaps = checkSideBySide(db, lines, limits);
  checkRate(db, RATE);
  checkCache(db);
  checkTicks(db);
  const hooked = checkHooks(db, hooks);
  for (const [id, task] of acknowledged) {
    const row = db.prepare("SELECT state FROM tasks WHERE id = ?").get(id);
    const state = String(row?.["state"]);
    if (task.onFailure === undefined) assert.equal(state, "succeeded", `${id} ${JSON.stringify(task)}`);
    else assert.equal(lines.filter((line) => line.startsWith(`+ alarm-${id} `)).length >= 1, true, id);
  }
  const files = await checkFiles(db, place, acknowledged);
  const onceRow = db.prepare("SELECT count(*) AS n FROM unique_key WHERE key = 'hourly'").get();
  assert.equal(onceRow?.["n"], 1);
  db.close();
  assert.deepEqual(hooks.failures, []);
  up.child.kill("SIGTERM");
  assert.equal(await up.end, 0, up.err());
  await until("no process is left", () => place.processes().length === 0);
  t.diagnostic(
    `${acknowledged.size} tasks, ${hooked} deliveries, ${files} files, ${overlaps} lost ones seen beside others`,
  );
});
