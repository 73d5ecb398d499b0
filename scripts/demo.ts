/** `npm run demo`: runs the ETL example from end to end on a data directory of its own, and ends as it ended. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./launch.mjs";
import { root } from "./tool.ts";

const data = mkdtempSync(join(tmpdir(), "octopus-demo-"));
try {
  const example = join(root, "examples", "etl");
  const main = join(root, "src", "cli", "main.ts");
  const { code } = await run(process.execPath, [
    ...process.execArgv,
    ...[main, "run", join(example, "workflow.yaml"), "--functions", join(example, "functions.ts")],
    ...["--data", data, "--local", ...process.argv.slice(2)],
  ]);
  process.exitCode = code ?? 1;
} finally {
  rmSync(data, { recursive: true, force: true });
}
