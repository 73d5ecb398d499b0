/**
 * Goal: workflows come to the same end however often kill -9 hits the server, the worker or both: nothing lost, nothing done
 * twice that must not be, nothing half made.
 * Method: each workflow of crash-flows.ts runs once undisturbed; that is what is expected. Then all of them run together while
 * processes are killed, at moments that the database shows (an each that is being made, a compensation, a handler, an approval, a
 * run inside a run) and at random ones. A failure names the seed; `CRASH_SEED=…` draws the same again.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { createPrng } from "../../src/base/prng.ts";
import type { RunAccepted } from "../../src/protocol/workflow.ts";
import { FLOWS, FUNCTIONS } from "./crash-flows.ts";
import { endProcess, Place, type Role, type Started, until } from "./place.ts";

const TARGETS: readonly Role[][] = [["server"], ["worker"], ["worker", "server"]];
/** Moments at which something may be half done, as conditions on the database. */
const MOMENTS: readonly string[] = [
  "SELECT 1 FROM tasks AS e WHERE kind = 'each' AND state = 'running' AND members > 100 AND EXISTS (SELECT 1 FROM tasks WHERE inside = e.id AND state = 'queued')",
  "SELECT 1 FROM tasks WHERE role = 'compensate' AND state = 'running'",
  "SELECT 1 FROM tasks WHERE role IN ('failure', 'cancel', 'success') AND state = 'running'",
  "SELECT 1 FROM tasks WHERE approval = 'waiting'",
  "SELECT 1 FROM runs WHERE parent <> '' AND state = 'running'",
];
const RANDOM_KILLS = 4;
const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const random = createPrng(seed);

const place = new Place({ OCTOPUS_WORKER_SLOTS: "8", OCTOPUS_TASKS_GRACE: "200ms" });
const effects = join(place.dir, "effects");
const functions = join(place.dir, "functions.mjs");
let up: Started;

const serve = (): Promise<Started> => place.serve("up", ["--functions", functions]);

before(async () => {
  writeFileSync(effects, "");
  writeFileSync(functions, FUNCTIONS);
  up = await serve();
});
after(() => place.close());

type Row = Record<string, string | number | null>;

function query(sql: string, ...values: (string | number)[]): Row[] {
  const db = new DatabaseSync(join(place.data, "octopus.db"), { readOnly: true, timeout: 5000 });
  try {
    return db.prepare(sql).all(...values) as Row[];
  } finally {
    db.close();
  }
}

/** What a run has come to, without names and times that differ from run to run. */
interface Outcome {
  state: unknown;
  result: unknown;
  tasks: Record<string, string>;
  inside: Record<string, Outcome>;
}

function outcomeOf(run: string): Outcome {
  const [row] = query("SELECT workflow, state, result FROM runs WHERE id = ?", run);
  assert.ok(row !== undefined, `${run} is gone`);
  const tasks: Record<string, string> = {};
  const inside: Record<string, Outcome> = {};
  for (const task of query("SELECT id, name, kind, state, allowed, inside, reason FROM tasks WHERE run = ?", run)) {
    // Which members had begun when the first one failed is chance.
    if (row["workflow"] === "turn" && task["inside"]) continue;
    assert.ok(!Object.hasOwn(tasks, task["name"]!), `${run} has ${task["name"]} once`);
    tasks[task["name"]!] = `${task["state"]}${task["allowed"] ? " allowed" : ""}`;
    const held = task["kind"] === "workflow" ? query("SELECT id FROM runs WHERE parent = ?", task["id"]!) : [];
    assert.ok(held.length <= 1, `${task["name"]} of ${run} holds ${held.length} runs`);
    for (const { id } of held) inside[task["name"]!] = outcomeOf(String(id));
  }
  return { state: row["state"], result: JSON.parse(String(row["result"] ?? "null")), tasks, inside };
}

/** Submits a run to a server that is up; answers its id. */
async function submit(name: string): Promise<string> {
  const definition = FLOWS[name]!.replaceAll("EFFECTS", effects);
  const { status, body } = await place.call<RunAccepted>("POST", "/runs", { definition });
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

/** Runs that were cancelled: a second time would end their handlers, too. */
const cancelled = new Set<unknown>();

/** Does what people have to do: agrees where somebody is asked, and cancels the run that never ends, once. */
async function attend(): Promise<void> {
  for (const { id } of query("SELECT id FROM tasks WHERE approval = 'waiting'"))
    await place.call("POST", `/tasks/${id}/approve`, {});
  // Not before the run inside it is made: cancelled earlier, it rightly never has one.
  const stuck = query(`SELECT run FROM tasks JOIN runs ON runs.id = run
    WHERE workflow = 'stopped' AND name = 'stuck' AND tasks.state = 'running' AND coalesce(parent, '') = ''
      AND EXISTS (SELECT 1 FROM tasks AS holder JOIN runs AS held ON held.parent = holder.id
        JOIN tasks AS inner ON inner.run = held.id WHERE holder.run = runs.id)`);
  for (const { run } of stuck) {
    if (cancelled.has(run)) continue;
    cancelled.add(run);
    assert.equal((await place.call("POST", `/runs/${run}/cancel`, {})).status, 202);
  }
}

const isLive = (run: string): boolean => query("SELECT 1 FROM runs WHERE id = ? AND ended_at IS NULL", run).length > 0;

async function ended(runs: readonly string[]): Promise<void> {
  await until(`the end of ${runs.join(", ")}`, async () => {
    await attend();
    return !runs.some(isLive);
  });
}

async function kill(targets: readonly Role[]): Promise<void> {
  for (const role of targets) for (const pid of place.pids(role)) endProcess(pid, "SIGKILL");
  if (targets.includes("server")) {
    await up.end;
    up = await serve();
  } else await until("the server answers", async () => (await place.call("GET", "/status")).status === 200);
}

/** Nothing of it is live, half made, or done twice. */
function assertSound(): void {
  assert.deepEqual(query("SELECT id, state FROM tasks WHERE ended_at IS NULL"), []);
  const lacking = query(`SELECT id, name, members, count(m.seq) AS n FROM (SELECT * FROM tasks WHERE members > 0) AS e
    LEFT JOIN (SELECT inside, seq FROM tasks) AS m ON m.inside = e.id GROUP BY id HAVING n <> members`);
  assert.deepEqual(lacking, [], "each holds the members that it says");
  const lines = readFileSync(effects, "utf8").split("\n").slice(0, -1);
  assert.equal(new Set(lines).size, lines.length, "no attempt ran twice");
  const attempts = new Set(
    query("SELECT task, attempt FROM attempts").map((row) => `${row["task"]} ${row["attempt"]}`),
  );
  for (const line of lines) assert.ok(attempts.has(line), `attempt ${line} has left an effect, and is not known`);
  const turns = query(`SELECT started_at, ended_at FROM runs WHERE "group" = 'turns' ORDER BY started_at`);
  turns.slice(1).forEach((turn, n) => assert.ok(turn["started_at"]! >= turns[n]!["ended_at"]!, "one turn at a time"));
}

/** One after the other, the last one first. */
function assertUndone(run: string): void {
  const done = query(
    "SELECT compensates, started_at, ended_at FROM tasks WHERE run = ? AND role = 'compensate' AND state <> 'skipped' ORDER BY started_at",
    run,
  );
  assert.deepEqual(
    done.map(({ compensates }) => compensates),
    ["plane", "car", "room"],
  );
  done.slice(1).forEach((task, n) => assert.ok(task["started_at"]! >= done[n]!["ended_at"]!, "one after the other"));
}

test(`kill -9 under workflows (CRASH_SEED=${seed})`, async (t) => {
  const expected: Record<string, Outcome> = {};
  for (const name of Object.keys(FLOWS)) {
    const run = await submit(name);
    await ended([run]);
    expected[name] = outcomeOf(run);
  }
  assert.deepEqual(
    Object.entries(expected).map(([name, { state }]) => `${name} ${String(state)}`),
    ["data succeeded", "saga failed", "gate partial", "nest succeeded", "stopped cancelled", "turn failed"],
  );
  assert.deepEqual(expected["nest"]!.result, { all: [1, 2, 3] });
  assert.deepEqual(expected["data"]!.result, { sum: 1499 * 1500, told: 1499 * 1500, of: 1500 });

  const runs: [name: string, run: string][] = [];
  let hits = 0;
  for (const moment of [...MOMENTS, ...Array.from({ length: RANDOM_KILLS }, () => undefined)]) {
    const begun: string[] = [];
    for (const name of Object.keys(FLOWS)) {
      const run = await submit(name);
      begun.push(run);
      runs.push([name, run]);
    }
    if (moment === undefined) await new Promise((resolve) => setTimeout(resolve, random.int(1200)));
    else {
      await until(`the moment ${moment}`, async () => {
        if (query(moment).length > 0) return ++hits > 0;
        await attend();
        return !begun.some(isLive);
      });
    }
    await kill(random.pick(TARGETS));
    if (random.int(2) === 0) await ended(begun);
  }
  await ended(runs.map(([, run]) => run));
  for (const [name, run] of runs) {
    assert.deepEqual(outcomeOf(run), expected[name], `${name} as ${run} ends as it does undisturbed`);
    if (name === "saga") assertUndone(run);
  }
  assertSound();
  t.diagnostic(`${runs.length} runs, ${hits} of ${MOMENTS.length} moments hit`);

  // What failed is tried again in place, under one more kill.
  const [, saga] = runs.find(([name]) => name === "saga")!;
  assert.equal((await place.call("POST", `/runs/${saga}/retry`, {})).status, 202);
  await until("a compensation of it runs", () => query(MOMENTS[1]!).length > 0 || !isLive(saga));
  await kill(["worker", "server"]);
  await ended([saga]);
  assert.deepEqual(outcomeOf(saga), expected["saga"]);
  assertUndone(saga);
  assertSound();
});
