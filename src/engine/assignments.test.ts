/** What workers are told about the units that their attempts have. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connectWorker, createTestEngine, shell } from "../../test/sim/engine-harness.ts";

const says = { resources: { gpu: 3000, license: 1000, cpu: 4000 }, units: { gpu: ["0", "2", "3"], license: ["a"] } };

test("an assignment names the units of its worker, and a task that asks for none has none", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 5, { says });
  await engine.submit([
    shell({ resources: { gpu: 1500, license: 1000, cpu: 500 } }),
    shell({ resources: { gpu: 1000 }, units: { gpu: [2] } }),
    shell({ resources: { cpu: 1000 } }),
    shell(),
  ]);
  const units = [];
  for (let n = 0; n < 4; n++) units.push((await worker.assigned()).units);
  assert.deepEqual(units, [{ gpu: ["0", "2"], license: ["a"] }, { gpu: ["3"] }, undefined, undefined]);
});

test("after a restart of the server nobody gets the units of what still runs", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-units-"));
  t.after(() => rmSync(dir, { recursive: true }));
  let held: { task: number; attempt: number };
  {
    await using server = createTestEngine({ dir });
    const worker = connectWorker(server.engine, 5, { says });
    await server.engine.submit([shell({ resources: { gpu: 1500 } })]);
    const { task, attempt } = await worker.assigned();
    held = { task, attempt };
  }
  await using server = createTestEngine({ dir });
  const worker = connectWorker(server.engine, 5, { says, holds: [held] });
  await server.engine.submit([shell({ resources: { gpu: 500 } }), shell({ resources: { gpu: 1000 } })]);
  assert.deepEqual((await worker.assigned()).units, { gpu: ["2"] });
  assert.deepEqual((await worker.assigned()).units, { gpu: ["3"] });
});
