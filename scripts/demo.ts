/**
 * `npm run demo`: runs the ETL example from end to end in this terminal, prints its report, and ends as it ended. Data
 * directory and working folder are its own and go away, and no server stays behind, nor is one used that runs already.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, sourceArguments } from "./launch.mjs";
import { root } from "./tool.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-demo-"));
const example = join(root, "examples", "etl");
// --data without a server that was named is what asks for a run in this process.
const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("OCTOPUS_")));
try {
  const { code } = await run(
    process.execPath,
    sourceArguments(join(root, "src", "cli", "main.ts"), [
      ...["run", join(example, "workflow.yaml"), "--functions", join(example, "functions.ts")],
      ...["--data", join(folder, "data"), "--param", `work=${join(folder, "work")}`, ...process.argv.slice(2)],
    ]),
    { cwd: folder, env },
  );
  for (const report of globSync("work/*/report.txt", { cwd: folder })) {
    process.stdout.write(`\n${readFileSync(join(folder, report), "utf8")}`);
  }
  process.exitCode = code ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
