/**
 * The examples as they run: each on a real engine with a real store and real processes, its report compared byte for byte
 * with the one that is expected.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RunDetail } from "../../src/protocol/views.ts";
import { Octopus } from "../../src/mod.ts";
import type { RegisteredFunction } from "../../src/worker/functions.ts";

const examples = join(import.meta.dirname, "..", "..", "examples");
const scratch = mkdtempSync(join(tmpdir(), "octopus-examples-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Longest time of a run; each takes about a second where nothing else goes on. */
const RUN_MS_MAX = 60_000;

/** Runs an example to its end on a data directory of its own, and answers the run and the folder that it worked in. */
async function runExample(name: string, slots: number): Promise<{ run: RunDetail; folder: string }> {
  const folder = join(examples, name);
  const module = join(folder, "functions.ts");
  const functions = existsSync(module) ? { ...((await import(module)) as Record<string, RegisteredFunction>) } : {};
  const work = join(scratch, `${name}-${slots}`);
  await using octopus = await Octopus.open({ dataDir: join(scratch, `${name}-${slots}-data`), functions, slots });
  const definition = readFileSync(join(folder, "workflow.yaml"), "utf8");
  const handle = await octopus.run(definition, { source: "workflow.yaml", cwd: folder, params: { work } });
  const run = await handle.wait(RUN_MS_MAX);
  const failures = run.tasks
    .filter(({ state }) => state !== "succeeded")
    .map(({ name: task, state, error }) => ({ task, state, error }));
  assert.deepEqual(failures, [], `run ${run.id} of ${name}`);
  return { run, folder: join(work, run.id) };
}

function assertReport(name: string, folder: string): void {
  const expected = readFileSync(join(examples, name, "expected", "report.txt"), "utf8");
  assert.equal(readFileSync(join(folder, "report.txt"), "utf8"), expected);
}

for (const name of ["earthquakes", "backup"]) {
  test(`example ${name} ends with the expected report`, async () => {
    const { run, folder } = await runExample(name, 4);
    assert.equal(run.state, "succeeded");
    assertReport(name, folder);
  });
}

for (const slots of [1, 4]) {
  test(`example etl ends with the expected report, with ${slots} task(s) at once`, async () => {
    const { run, folder } = await runExample("etl", slots);
    assert.equal(run.state, "succeeded");
    assertReport("etl", folder);
    const attempts = Object.fromEntries(run.tasks.map((task) => [task.name, task.attempt]));
    assert.equal(attempts["extract_routes"], 2, "the source is too busy for the first try");
    assert.equal(attempts["extract_airports"], 1);
    // The source ended when it was told to: nobody answers at its address.
    const url = readFileSync(join(folder, "source.url"), "utf8").trim();
    await assert.rejects(fetch(`${url}/health`), TypeError);
  });
}
