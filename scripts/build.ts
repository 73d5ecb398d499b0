/** `npm run prepack`: builds dist/ for the package, from nothing, so that a deleted source leaves no stale JavaScript. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { node, root, tool } from "./tool.ts";

rmSync(join(root, "dist"), { recursive: true, force: true });
// The examples are compiled against the declarations that the first step makes.
for (const project of ["tsconfig.build.json", "tsconfig.examples.json"]) {
  const { code, output } = await node([...tool("typescript", "tsc"), "-p", project]);
  if (code === 0) continue;
  console.error(`The build by ${project} failed:\n${output}`);
  process.exitCode = 1;
  break;
}
