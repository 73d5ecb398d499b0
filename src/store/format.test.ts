/** Databases of earlier formats open, and nothing in them is lost. `format-n.sql` is a dump that format n wrote. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { TASK_KINDS } from "../base/words.ts";
import { checkInvariants } from "../core/invariants.ts";
import { loadState } from "../core/load.ts";
import { openStore, type Store } from "./store.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-format-"));
after(() => rmSync(dir, { recursive: true, force: true }));

/** Opens what a program of that format left. */
function openOld(format: number): Store {
  const data = join(dir, String(format));
  mkdirSync(data);
  const dump = readFileSync(new URL(`../../test/conformance/format-${format}.sql`, import.meta.url), "utf8");
  const old = new DatabaseSync(join(data, "octopus.db"));
  old.exec(dump);
  old.close();
  return openStore(data);
}

test("a database of format 1 opens with everything that it held", () => {
  const store = openOld(1);
  try {
    const { library } = store;
    const stored = store.journal.load();
    assert.deepEqual(
      stored.arms.map(({ name, settings }) => [name, settings?.enabled, settings?.maxParallel, settings?.weight]),
      [
        ["gpu", true, 2, 1],
        ["off", false, undefined, 1],
        ["default", undefined, undefined, undefined],
      ],
    );
    assert.deepEqual([stored.lastTask, stored.lastRun, stored.lastDue, stored.lastBulk], [8, 1, 0, 0]);
    const state = loadState(stored, 1_700_000_001_000, 30_000);
    assert.deepEqual(
      [...state.tasks.values()].map((task) => [task.seq, task.state]),
      [
        [2, "running"],
        [3, "blocked"],
        [7, "queued"],
        [8, "scheduled"],
      ],
    );
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => library.task(seq)?.state),
      ["succeeded", "running", "blocked", "cancelled", "succeeded", "failed", "queued", "scheduled"],
    );
    assert.deepEqual(
      library.tasks({ dead: true }).items.map(({ id, dead }) => [id, dead]),
      [["gone", true]],
      "what failed for good is a dead letter",
    );
    assert.equal(library.run(1)?.state, "running");
    assert.equal(library.resultText(1), '{"x":1}');
    assert.deepEqual(library.task(1)?.artifacts, []);
  } finally {
    store.close();
  }
});

test("a database of format 2 opens with everything that it held", () => {
  const store = openOld(2);
  try {
    const { library, journal } = store;
    const stored = journal.load();
    assert.deepEqual([stored.lastTask, stored.lastRun, stored.lastBulk, stored.workflows], [11, 3, 1, []]);
    assert.deepEqual(
      stored.runs.map(({ run, sealed, paused, admitted, depth, allowed, firstTask }) => {
        return [run, sealed, paused, admitted, depth, allowed, firstTask];
      }),
      [
        [2, true, false, true, 0, 0, 4],
        [3, true, false, true, 0, 0, 7],
      ],
    );
    const state = loadState(stored, 1_700_000_001_000, 30_000);
    checkInvariants(state);
    assert.deepEqual(
      [...state.tasks.values()].map((task) => [task.seq, task.state]),
      [
        [4, "running"],
        [5, "blocked"],
        [6, "blocked"],
        [7, "running"],
        [8, "scheduled"],
      ],
    );
    const { definition, params, state: ended, counts } = library.run(1)!;
    assert.deepEqual([definition, params, ended], ["name: etl", { day: 7 }, "failed"]);
    assert.deepEqual(counts, { succeeded: 1, failed: 1, upstream_failed: 1 });
    assert.deepEqual(library.runScope(1)?.definition, "name: etl", "what a retry begins with");
    assert.deepEqual([library.run(3)?.schedule, library.endedRun(3)?.planner], ["nightly", "p"]);
    assert.deepEqual(
      library.retryNodes(1).map(({ name, state: was, needs }) => [name, was, needs]),
      [
        ["extract", "succeeded", []],
        ["load", "failed", [1]],
        ["report", "upstream_failed", [2]],
      ],
    );
    assert.deepEqual(
      library.dependents(library.endedTask(2)!).map(({ task }) => task),
      [3],
    );
    assert.equal(library.nodeOfRun(1, "extract")?.state, "succeeded");
    assert.deepEqual(
      library.task(10)?.attempts.map(({ exitCode }) => exitCode),
      [1, 3],
    );
    assert.deepEqual([library.task(9)?.result, library.cached("c1", 1_700_000_001_000)], ["cached", 9]);
    assert.equal(library.artifactUsed("a".repeat(64)), true);
    assert.deepEqual([library.schedule("nightly")?.name, library.calendars().length], ["nightly", 1]);
  } finally {
    store.close();
  }
});

test("a database of format 4 opens with everything that it held, and its views know the kinds of today", () => {
  const store = openOld(4);
  try {
    const { journal, library } = store;
    const stored = journal.load();
    assert.deepEqual([stored.access.cluster, stored.access.tokens.length, stored.drained], ["c-1", 2, ["away"]]);
    assert.deepEqual(stored.plugins, []);
    const state = loadState(stored, 1_700_000_001_000, 30_000);
    checkInvariants(state);
    assert.deepEqual(
      [...state.tasks.values()].map((task) => [task.seq, task.state, task.live?.units]),
      [
        [5, "running", { gpu: [0, 1] }],
        [6, "running", { gpu: [1] }],
        [7, "queued", undefined],
      ],
    );
    assert.deepEqual(
      library.task(1)?.attempts.map(({ outcome }) => outcome),
      ["failed", "succeeded"],
    );
    const db = new DatabaseSync(join(store.dir, "octopus.db"));
    const [last] = TASK_KINDS.slice(-1);
    db.exec(`UPDATE task SET kind = ${TASK_KINDS.length - 1} WHERE seq = 7`);
    assert.deepEqual(
      { ...db.prepare("SELECT id, kind, state FROM tasks WHERE seq = 7").get() },
      {
        ...{ id: "t7", kind: last, state: "queued" },
      },
    );
    assert.deepEqual(db.prepare("SELECT * FROM plugins").all(), []);
    assert.deepEqual(db.prepare("SELECT * FROM dead_letters").all(), []);
    db.close();
  } finally {
    store.close();
  }
});
