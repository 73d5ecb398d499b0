/** The example that runs once when a data directory is new, so that the first start ends with something to look at. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatDuration } from "../base/duration.ts";
import type { EngineApi } from "../engine/api.ts";

/** An installed package runs JavaScript; a checkout runs the source, and has its command in the top folder. */
const built = import.meta.url.endsWith(".js");

/** Starts the example and prints how it went, and where to see it. The functions module must be loaded by the worker. */
export function runDemo(engine: EngineApi, url: string): { functions: string[] } | undefined {
  const file = fileURLToPath(new URL("../../examples/etl/workflow.yaml", import.meta.url));
  const functions = fileURLToPath(
    new URL(built ? "../examples/etl/functions.js" : "../../examples/etl/functions.ts", import.meta.url),
  );
  if (!existsSync(file) || !existsSync(functions)) return undefined;
  void watch(engine, file, url).catch((error: unknown) => {
    process.stderr.write(
      `octopus: the example could not run: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  });
  return { functions: [functions] };
}

async function watch(engine: EngineApi, file: string, url: string): Promise<void> {
  const { compileWorkflow } = await import("../workflow/mod.ts");
  const cwd = dirname(file);
  // Its files go beside the database: every first run is r1, and two servers must not share a folder.
  const params = { work: join(engine.status().dataDir, "examples") };
  const { id } = await engine.submitRun(compileWorkflow(readFileSync(file, "utf8"), { source: file, cwd, params }));
  process.stdout.write(`\nA first workflow runs as ${id} (examples/etl; --no-demo leaves it out):\n`);
  const run = await engine.waitRun(id, 300_000);
  if (run === undefined) return;
  for (const task of run.tasks) {
    const took =
      task.startedAt === undefined || task.endedAt === undefined
        ? ""
        : formatDuration(Date.parse(task.endedAt) - Date.parse(task.startedAt));
    const tries = task.attempt > 1 ? `  (try ${task.attempt})` : "";
    process.stdout.write(
      `  ${task.state === "succeeded" ? "✓" : "✗"} ${(task.name ?? task.id).padEnd(18)} ${task.state.padEnd(10)} ${took}${tries}\n`,
    );
  }
  const report = run.tasks.find((task) => task.name === "report");
  const lines = report === undefined ? [] : (engine.logs(report.id, {}) ?? []);
  process.stdout.write(
    `\n${lines.map((line) => line.text ?? "").join("")}\nRun ${id} ${run.state}. Look at it with: ${built ? "octopus" : "./octopus"} show ${id}\n` +
      `or in a browser: ${url}/ui/runs/${id}\n`,
  );
}
