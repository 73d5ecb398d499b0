/**
 * Goal: kill -9 of any process of `octopus up`, at any moment, loses no acknowledged task and gives none two results.
 * Method: a producer submits tasks under ids of its own while the server, the worker, the spawner or all of them are
 * killed at random moments and `up` is started again; at the end the database is compared with what was acknowledged,
 * with every end that was seen on the way, and with what the commands really did. A failure names the seed;
 * `CRASH_SEED=…` draws the same kills and tasks again.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { createPrng } from "../../src/base/prng.ts";
import { isEnded } from "../../src/base/words.ts";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import type { Page, StatusView, TaskDetail, TaskView } from "../../src/protocol/views.ts";
import { endProcess, Place, type Role, type Started, until } from "./place.ts";

const ROUNDS = 15;
/** Most tasks of a round, so that a fast machine does not make a long test. */
const ROUND_TASKS_MAX = 40;
const TARGETS: readonly Role[][] = [
  ["server"],
  ["worker"],
  ["spawner"],
  ["server", "worker", "spawner"],
  ["worker", "server"],
];
const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const random = createPrng(seed);

const place = new Place({ OCTOPUS_WORKER_SLOTS: "12", OCTOPUS_TASKS_GRACE: "200ms" });
const effects = join(place.dir, "effects");
const acknowledged = new Map<string, TaskSubmission>();
/** Ends that the API has told of, as `state attempt endedAt`: they may never change again. */
const seenEnds = new Map<string, string>();
let up: Started;

before(async () => {
  up = await place.serve("up");
});
after(() => place.close());

/** A task of a random kind. Each attempt appends `id attempt` to the file of effects; a line that short is one write. */
function drawTask(id: string): TaskSubmission {
  const mark = `echo "$OCTOPUS_TASK_ID $OCTOPUS_ATTEMPT" >> ${effects}`;
  const kind = random.int(20);
  if (kind === 0) return { id, shell: `${mark}; sleep 1` };
  if (kind === 1) return { id, shell: `${mark}; exit 3`, retries: { limit: 2, delay: 10 } };
  if (kind === 2) return { id, shell: `${mark}; sleep 0.3`, onLost: "fail" };
  if (kind === 3) return { id, shell: mark, delay: random.int(500) };
  const known = [...acknowledged.keys()];
  if (kind === 4 && known.length > 0) return { id, shell: mark, needs: [random.pick(known)] };
  return { id, shell: `${mark}; sleep 0.0${random.int(10)}` };
}

/** Submits a few tasks, again and again under the same ids until they are acknowledged or the round is over. */
async function submit(round: number, part: number, isOver: () => boolean): Promise<void> {
  const tasks = Array.from({ length: 1 + random.int(10) }, (_, index) => drawTask(`k${round}-${part}-${index}`));
  while (!(await place.takes(tasks))) {
    if (isOver()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const task of tasks) acknowledged.set(task.id!, task);
}

async function noteEnds(): Promise<void> {
  try {
    const { body } = await place.call<Page<TaskView>>("GET", "/tasks?state=succeeded,failed,upstream_failed&limit=100");
    for (const { id, state, attempt, endedAt } of body.items) {
      const end = `${state} ${attempt} ${endedAt}`;
      assert.equal(seenEnds.get(id) ?? end, end, `${id} ended twice`);
      seenEnds.set(id, end);
    }
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
  }
}

async function produce(round: number, isOver: () => boolean): Promise<void> {
  const sizeAtStart = acknowledged.size;
  for (let part = 0; !isOver(); part++) {
    if (acknowledged.size - sizeAtStart < ROUND_TASKS_MAX) await submit(round, part, isOver);
    else await new Promise((resolve) => setTimeout(resolve, 20));
    await noteEnds();
  }
}

async function crash(round: number): Promise<void> {
  const targets = random.pick(TARGETS);
  const momentMs = random.int(900);
  let isOver = false;
  const producer = produce(round, () => isOver);
  producer.catch(() => undefined); // Awaited below; until then its failure is not an unhandled one.
  await new Promise((resolve) => setTimeout(resolve, momentMs));
  for (const role of targets) for (const pid of place.pids(role)) endProcess(pid, "SIGKILL");
  if (targets.includes("server")) {
    await up.end;
    up = await place.serve("up");
  } else await until("the server answers", async () => (await place.call("GET", "/status")).status === 200);
  isOver = true;
  await producer;
}

interface AttemptRow {
  task: string;
  attempt: number;
  outcome: string;
}

function assertAll(): void {
  const db = new DatabaseSync(join(place.data, "octopus.db"), { readOnly: true });
  const tasks = db.prepare("SELECT id, state, attempt, reason FROM tasks").all() as {
    id: string;
    state: string;
    attempt: number;
    reason: string;
  }[];
  const attempts = db
    .prepare("SELECT task, attempt, outcome FROM attempts ORDER BY task, attempt")
    .all() as unknown as AttemptRow[];
  assert.equal((db.prepare("SELECT count(*) AS n FROM running").get() as { n: number }).n, 0);
  db.close();
  const attemptsOf = Map.groupBy(attempts, ({ task }) => task);
  const done = existsSync(effects) ? readFileSync(effects, "utf8").split("\n").slice(0, -1) : [];
  const runs = Map.groupBy(done, (line) => line.split(" ")[0]!);
  const stored = new Map(tasks.map((task) => [task.id, task]));
  for (const [id, task] of acknowledged) {
    const row = stored.get(id);
    assert.ok(row !== undefined, `${id} was acknowledged and is gone`);
    const outcomes = (attemptsOf.get(id) ?? []).map(({ attempt, outcome }, index) => {
      assert.equal(attempt, index + 1, `${id}: attempts are numbered without a gap`);
      return outcome;
    });
    const text = `${id} ${JSON.stringify(task)} ${row.state} (${row.reason}) after ${outcomes.join(", ")}`;
    assertEnd(task, row.state, outcomes, text);
    if (row.state === "succeeded")
      assert.ok(runs.get(id)?.includes(`${id} ${row.attempt}`), `${text}: without its effect`);
    if (task.onLost === "fail")
      assert.ok((runs.get(id)?.length ?? 0) <= 1, `${text}: at most once, not ${runs.get(id)?.length}`);
  }
  for (const [id, end] of seenEnds)
    assert.equal(end.split(" ")[0], stored.get(id)?.state, `${id} ended once as ${end}`);
}

/** The state follows from the outcomes, and every attempt before the last has a reason to be repeated. */
function assertEnd(task: TaskSubmission, state: string, outcomes: string[], text: string): void {
  const last = outcomes.at(-1);
  assert.equal(outcomes.filter((outcome) => outcome === "succeeded").length, state === "succeeded" ? 1 : 0, text);
  for (const outcome of outcomes.slice(0, -1)) {
    const repeated =
      ["lost", "interrupted", "refused"].includes(outcome) || (outcome === "failed" && task.retries !== undefined);
    assert.ok(repeated, text);
  }
  if (state === "succeeded") assert.equal(last, "succeeded", text);
  else if (state === "upstream_failed") assert.deepEqual([task.needs?.length, outcomes.length], [1, 0], text);
  else {
    assert.equal(state, "failed", text);
    // What may fail: a command that says so, at most once, and one whose spawner was killed (it has no retries).
    assert.ok(["failed", "lost", "refused"].includes(last!), text);
  }
}

test(`kill -9 at random moments (CRASH_SEED=${seed})`, async (t) => {
  for (let round = 0; round < ROUNDS; round++) await crash(round);
  await until("every task has ended", async () => {
    const { body } = await place.call<StatusView>("GET", "/status");
    const { blocked = 0, scheduled = 0, queued = 0, running = 0 } = body.counts;
    return blocked + scheduled + queued + running === 0;
  });
  await noteEnds();
  assert.ok(acknowledged.size > ROUNDS, `only ${acknowledged.size} tasks were accepted\n${up.err()}`);
  const id = acknowledged.keys().next().value!;
  assert.equal((await place.call<TaskDetail>("GET", `/tasks/${id}`)).status, 200);
  up.child.kill("SIGTERM");
  assert.equal(await up.end, 0, up.err());
  await until("no process is left", () => place.processes().length === 0);
  assertAll();
  t.diagnostic(`${acknowledged.size} tasks, ${seenEnds.size} ends seen on the way`);
});

test("kill -9 of everything under a running task: it is lost, and repeated only if it may be", async () => {
  up = await place.serve("up");
  const mark = `echo "$OCTOPUS_TASK_ID $OCTOPUS_ATTEMPT" >> ${effects}`;
  const again = `${mark}; test $OCTOPUS_ATTEMPT -gt 1 || exec sleep 1000`;
  const tasks = [
    { id: "may-repeat", shell: again, retries: 0 },
    { id: "at-most-once", shell: again, onLost: "fail" },
  ];
  assert.equal((await place.call("POST", "/tasks", tasks)).status, 201);
  await until("both run", () => /may-repeat 1/.test(readEffects()) && /at-most-once 1/.test(readEffects()));
  for (const { pid } of place.processes()) endProcess(pid, "SIGKILL");
  await up.end;
  up = await place.serve("up");
  const repeated = await ended("may-repeat");
  assert.deepEqual(outcomesOf(repeated), ["lost", "succeeded"]);
  const once = await ended("at-most-once");
  assert.deepEqual([once.state, ...outcomesOf(once)], ["failed", "lost"]);
  assert.doesNotMatch(readEffects(), /at-most-once 2/);
});

function readEffects(): string {
  return existsSync(effects) ? readFileSync(effects, "utf8") : "";
}

function ended(id: string): Promise<TaskDetail> {
  return until(`the end of ${id}`, async () => {
    const { body } = await place.call<TaskDetail>("GET", `/tasks/${id}`);
    return isEnded(body.state) && body;
  });
}

function outcomesOf(task: TaskDetail): (string | undefined)[] {
  return task.attempts.map(({ outcome }) => outcome);
}
