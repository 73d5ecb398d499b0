/** Large runs come in stretches: all of it is there in the end, or nothing. And what history says about the order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "../core/event.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { connectWorker, createTestEngine, shell, until } from "../../test/sim/engine-harness.ts";
import { OctopusError } from "../base/errors.ts";
import type { Journal } from "./ports.ts";
import { RUN_STEP } from "./run-intake.ts";

const COUNT = RUN_STEP * 3 + 10;

/** A first task, many that need it, and one that needs the last of them. */
function many(more: (index: number) => Partial<TaskSpec> = () => ({})): TaskSpec[] {
  return Array.from({ length: COUNT }, (_, index) =>
    shell({
      id: `n${index}`,
      ...(index > 0 && { needs: [index === COUNT - 1 ? `n${COUNT - 2}` : "n0"] }),
      ...more(index),
    }),
  );
}

/** Keeps what is appended. */
function watched(batches: Batch[], before: () => void = () => {}): (journal: Journal) => Journal {
  return (journal) => ({
    ...journal,
    append(batch, summary) {
      before();
      batches.push(batch);
      return journal.append(batch, summary);
    },
  });
}

test("a large run comes in several turns and starts when all of it is there", async () => {
  const batches: Batch[] = [];
  await using server = createTestEngine({ wrap: watched(batches) });
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  const { id } = await engine.submitRun({ workflow: "w", tasks: many() });
  const sizes = batches.map(({ events }) => events.filter(({ type }) => type === "TaskSubmitted").length);
  assert.equal(
    sizes.reduce((a, b) => a + b),
    COUNT,
  );
  assert.ok(Math.max(...sizes) <= RUN_STEP, "no turn takes more than a stretch");
  const started = batches.findIndex(({ events }) => events.some(({ type }) => type === "AttemptStarted"));
  const sealed = batches.findIndex(({ events }) => events.some(({ type }) => type === "RunSealed"));
  assert.ok(sealed >= 0 && (started === -1 || started >= sealed));
  assert.equal((await worker.assigned()).id, "t1");
  const run = engine.run(id)!;
  assert.equal(
    Object.values(run.counts).reduce((a, b) => a + b),
    COUNT,
  );
  const last = engine.task(`r1/n${COUNT - 1}`)!;
  assert.deepEqual([last.state, last.needs], ["blocked", [`t${COUNT - 1}`]]);
});

// The one after a stretch that is refused must not be taken for the last of a whole run.
for (const at of [RUN_STEP + 5, COUNT - 1]) {
  test(`a run that is refused midway, at task ${at}, was never there`, async () => {
    await using server = createTestEngine();
    const { engine } = server;
    const unique: Partial<TaskSpec> = { uniqueKey: { key: "u", scope: "active", policy: "reject" } };
    // Somebody has handed in a task with its key, which is not decided yet when the run is looked over.
    const others = Array.from({ length: RUN_STEP * 4 }, (_, index) => shell(index === RUN_STEP * 4 - 1 ? unique : {}));
    const before = engine.submit(others);
    const tasks = many((index) => (index === at ? unique : {}));
    await assert.rejects(engine.submitRun({ workflow: "w", tasks }), (error: OctopusError) => {
      assert.equal(error.code, "conflict");
      assert.match(error.message, new RegExp(`tasks\\[${at}\\]`));
      return true;
    });
    await before;
    assert.equal(engine.state.lastRun, 1, "it had come in partly");
    assert.equal(engine.run("r1"), undefined);
    assert.equal(engine.state.tasks.size, others.length);
    assert.equal(engine.state.counts.blocked, 0);
    assert.equal(engine.tasks({ run: "r1", limit: 10 }).items.length, 0);
  });
}

test("what is wrong with the last task is said before the first one is accepted", async () => {
  const batches: Batch[] = [];
  await using server = createTestEngine({ wrap: watched(batches) });
  const { engine } = server;
  const taken = many((index) => (index > COUNT - 3 ? ({ uniqueKey: "u" } as unknown as Partial<TaskSpec>) : {}));
  for (const tasks of [many((index) => (index === COUNT - 1 ? { arm: "nowhere" } : {})), taken]) {
    await assert.rejects(engine.submitRun({ workflow: "w", tasks }), OctopusError);
  }
  assert.equal(batches.length, 0);
});

test("when the disk fails midway the run is taken back once it is well again", async () => {
  let broken = false;
  const batches: Batch[] = [];
  await using server = createTestEngine({
    wrap: (journal) => ({
      ...watched(batches, () => {
        broken ||= batches.length === 2;
        if (broken) throw new OctopusError("storage_full", "the disk is full", { retryable: true });
      })(journal),
      load: () => journal.load(),
      probe: () => !broken && journal.probe(),
    }),
  });
  const { engine } = server;
  await assert.rejects(engine.submitRun({ workflow: "w", tasks: many() }), { code: "storage_full" });
  assert.equal(engine.ready(), false);
  assert.equal(engine.state.runs.size, 1);
  batches.length = 0;
  broken = false;
  await until(engine, () => (engine.state.runs.size === 0 && engine.ready() ? true : undefined));
  assert.equal(engine.tasks({ limit: 10 }).items.length, 0);
  const { id } = await engine.submitRun({ workflow: "w", tasks: [shell({ id: "a" })] });
  assert.equal(engine.run(id)?.tasks.length, 1);
});

test("the next run begins with the longest way to the end, by what the last one took", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const tasks = [shell({ id: "short" }), shell({ id: "long" }), shell({ id: "end", needs: ["long"] })];
  const worker = connectWorker(engine, 1);
  const order = async (durations: number[]): Promise<string[]> => {
    const { id } = await engine.submitRun({ workflow: "w", tasks });
    const names: string[] = [];
    for (const durationMs of durations) {
      const { name } = await worker.ends({ outcome: "succeeded", durationMs });
      names.push(name!);
    }
    await engine.waitRun(id, 5000);
    return names;
  };
  assert.deepEqual(await order([10, 500, 20]), ["short", "long", "end"]);
  assert.deepEqual(await order([10, 500, 20]), ["long", "end", "short"]);
});

test("what the file says about a task's length orders the first run, and the file itself when that is asked for", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const tasks = [
    shell({ id: "a" }),
    shell({ id: "b", node: { estimateMs: 100 } }),
    shell({ id: "c", node: { estimateMs: 900 } }),
  ];
  await engine.submitRun({ workflow: "w", tasks });
  await engine.submitRun({ workflow: "w", tasks, ordered: true, maxParallel: 1 });
  const worker = connectWorker(engine, 8);
  const names: string[] = [];
  for (let n = 0; n < 6; n++) names.push((await worker.ends({ outcome: "succeeded" })).name!);
  assert.deepEqual(names, ["c", "a", "b", "a", "b", "c"]);
});
