/**
 * `npm start [-- OPTION...]`: sets up what is missing, builds the dashboard when its sources have changed, then `octopus up`
 * with the example's functions at hand.
 */
import { join } from "node:path";
import { SetupError, ensureInstalled, root } from "./install.mjs";
import { run, runSource, sourceArguments } from "./launch.mjs";
import { isWebBuilt } from "./web-stamp.mjs";

const functions = join(root, "examples", "etl", "functions.ts");
try {
  const node = await ensureInstalled();
  // A server without a dashboard is of more use than none: what failed was said, and its page says it again.
  if (!isWebBuilt()) await run(node, sourceArguments(join(root, "scripts", "build-web.ts"), []));
  await runSource(join(root, "src", "cli", "main.ts"), ["up", "--functions", functions, ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
