/** `npm run prepack`: builds dist/ for the package, from nothing, so that a deleted source leaves nothing stale. */
import { cpSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleCli } from "./bundle-cli.ts";
import { bundleInk } from "./bundle-ink.ts";
import { packWeb } from "./pack-web.ts";
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

// Programs in another language, which run beside the JavaScript that starts them.
for (const path of globSync("**/*.py", { cwd: join(root, "src") }))
  cpSync(join(root, "src", path), join(root, "dist", path));

try {
  // Ink and React for the terminal dashboard, in place of the file that imports them.
  await bundleInk(join(root, "dist", "tui", "ink.js"));
  // What every command loads, as a few files.
  await bundleCli(join(root, "dist"));
  await packWeb(join(root, "dist", "web"));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
