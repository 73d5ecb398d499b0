/**
 * `npm test [-- OPTION...]`: sets up what tests need, then runs them (`test-stages.ts`). The last line is always
 * `N passed, N failed`, also when the set-up itself fails.
 */
import { join } from "node:path";
import { installDebianPackages } from "./debian-packages.mjs";
import { SetupError, ensureInstalled, root } from "./install.mjs";
import { endAs, run, sourceArguments } from "./launch.mjs";

try {
  const node = await ensureInstalled();
  installDebianPackages();
  endAs(await run(node, sourceArguments(join(root, "scripts", "test-stages.ts"), process.argv.slice(2))));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.stdout.write("0 passed, 1 failed\n");
  process.exitCode = 1;
}
