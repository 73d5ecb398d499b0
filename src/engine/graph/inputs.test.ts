/** Files of other tasks that an attempt is told of, on a real store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWorker, createTestEngine } from "../../../test/sim/engine-harness.ts";
import { each, task, workflow } from "../../../test/sim/flow-harness.ts";
import type { Engine } from "../engine.ts";

function leave(engine: Engine, paths: string[]): { path: string; hash: string; bytes: number }[] {
  return paths.map((path) => {
    const sink = engine.putArtifact();
    sink.write(Buffer.from(path));
    const { sha256, bytes } = sink.commit();
    return { path, hash: sha256, bytes };
  });
}

test("an attempt gets the files that fit, under the names of their tasks; those of members under their numbers", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 5);
  const inputs = [{ from: "build", path: "**/*.js", to: "src" }, { from: "parts" }];
  await engine.submitRun(
    workflow([
      task("build"),
      each("parts", ["x", "y"], "ok", { needs: ["build"] }),
      task("use", "ok", { needs: ["parts"], node: { inputs } }),
    ]),
  );
  await worker.ends({ outcome: "succeeded", artifacts: leave(engine, ["a.js", "lib/b.js", "c.css"]) });
  for (const _ of "xy") await worker.ends({ outcome: "succeeded", artifacts: leave(engine, ["part"]) });
  const assignment = await worker.assigned();
  const [part] = leave(engine, ["part"]);
  assert.deepEqual(
    assignment.inputs?.map(({ path }) => path),
    ["src/a.js", "src/lib/b.js", "parts/0/part", "parts/1/part"],
  );
  assert.deepEqual(assignment.inputs[3], { path: "parts/1/part", sha256: part!.hash, bytes: 4 });
});

test("files that are not there fail the attempt with words, and its worker goes on", async () => {
  await using server = createTestEngine();
  const { engine } = server;
  const worker = connectWorker(engine, 1);
  const { id } = await engine.submitRun(
    workflow([
      task("build"),
      task("use", "ok", { needs: ["build"], node: { inputs: [{ from: "build", path: "*.js" }] } }),
      task("all", "ok", { needs: ["build"], node: { inputs: [{ from: "build" }] } }),
    ]),
  );
  await worker.ends({ outcome: "succeeded", artifacts: leave(engine, ["c.css"]) });
  const assignment = await worker.ends({ outcome: "succeeded" });
  assert.equal(assignment.name, "all");
  const run = await engine.waitRun(id, Infinity);
  const use = run!.tasks[1]!;
  assert.deepEqual([use.state, use.error?.kind], ["failed", "inputs"]);
  assert.match(use.error!.message, /build \(succeeded\) left no file that fits "\*\.js" for it: it left c\.css/);
});
