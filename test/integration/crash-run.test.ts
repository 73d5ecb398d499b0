/**
 * Goal: a run of many tasks is there as a whole or not at all, whatever dies while it comes in.
 * Method: another process opens a data directory and submits the run; it is killed with KILL as soon as the database shows
 * a part of it. Then the directory is opened here: nothing of the run is left, and the next one ends as it should.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Octopus } from "../../src/mod.ts";
import { until } from "./place.ts";

const COUNT = 20_000;
const SOURCE = new URL("../../src/mod.ts", import.meta.url).href;

/** Submits a run whose tasks need the one before the last, and says when it is acknowledged. */
const SCRIPT = `
const { Octopus } = await import(${JSON.stringify(SOURCE)});
const octopus = await Octopus.open({ dataDir: process.argv[1], slots: 4, functions: { noop: () => {} } });
const tasks = Array.from({ length: ${COUNT} }, (_, n) => ({
  id: "n" + n, type: "noop", kind: "call", work: { kind: "call", call: "noop" }, ...(n > 1 && { needs: ["n" + (n - 2)] }),
}));
process.stdout.write("open\\n");
await octopus.engine.submitRun({ workflow: "large", tasks, group: { name: "g", limit: 1, overlap: "skip" } });
process.stdout.write("acknowledged\\n");
setInterval(() => {}, 1e9);
`;

/** Starts it; resolves when it has opened the directory. */
async function start(dir: string): Promise<{ child: ChildProcess; said: () => string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT, dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await until("the other process opens the directory", async () => text.includes("open") || child.exitCode !== null);
  assert.equal(child.exitCode, null);
  return { child, said: () => text };
}

async function kill(child: ChildProcess): Promise<void> {
  const end = once(child, "exit");
  child.kill("SIGKILL");
  await end;
}

/** Rows of the tables that a run fills. */
function rows(dir: string): Record<string, number> {
  const db = new DatabaseSync(join(dir, "octopus.db"), { readOnly: true, timeout: 5000 });
  try {
    return db
      .prepare("SELECT (SELECT count(*) FROM task) AS tasks, (SELECT count(*) FROM run) AS runs")
      .get() as Record<string, number>;
  } finally {
    db.close();
  }
}

for (const share of [0.001, 0.3, 0.8]) {
  test(`killed when ${share * 100} % of a run are written, it leaves nothing`, async () => {
    const dir = mkdtempSync(join(tmpdir(), "octopus-crash-run-"));
    try {
      const { child, said } = await start(dir);
      await until("a part of the run is written", async () => rows(dir)["tasks"]! >= COUNT * share);
      await kill(child);
      // On a machine that is quick enough it may have been acknowledged: then all of it must be there.
      const isThere = said().includes("acknowledged");
      const octopus = await Octopus.open({ dataDir: dir, slots: 50, functions: { noop: () => {} } });
      const { engine } = octopus;
      if (isThere) assert.equal(rows(dir)["tasks"], COUNT);
      else {
        await until("what was left is taken back", async () => rows(dir)["tasks"] === 0);
        assert.equal(rows(dir)["runs"], 0);
        const { blocked = 0, queued = 0 } = octopus.status().counts;
        assert.deepEqual([blocked, queued], [0, 0]);
        const group = { name: "g", limit: 1, overlap: "skip" } as const;
        const task = { id: "a", type: "noop", kind: "call", work: { kind: "call", call: "noop" } } as const;
        const { id } = await engine.submitRun({ workflow: "next", tasks: [task], group });
        assert.equal((await engine.waitRun(id, 10_000))?.state, "succeeded", "the place of the group is free");
      }
      await octopus.close();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
