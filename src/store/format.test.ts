/** Databases of earlier formats open, and nothing in them is lost. `format-1.sql` is a dump that format 1 wrote. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { loadState } from "../core/load.ts";
import { openStore } from "./store.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-format-"));
after(() => rmSync(dir, { recursive: true, force: true }));

test("a database of format 1 opens with everything that it held", () => {
  const dump = readFileSync(new URL("../../test/conformance/format-1.sql", import.meta.url), "utf8");
  const old = new DatabaseSync(join(dir, "octopus.db"));
  old.exec(dump);
  old.close();
  const store = openStore(dir);
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
