/** `npm run prepack`: builds dist/ for the package, from nothing, so that a deleted source leaves no stale JavaScript. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { node, root, tool } from "./tool.ts";

rmSync(join(root, "dist"), { recursive: true, force: true });
const { code, output } = await node([...tool("typescript", "tsc"), "-p", "tsconfig.build.json"]);
if (code !== 0) {
  console.error(`The build failed:\n${output}`);
  process.exitCode = 1;
}
