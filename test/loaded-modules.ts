/** Which files a program loads as modules: for tests of what it costs to start one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const WATCH = `import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) appendFileSync(process.env.LOADED_MODULES, url + "\\n");
    return next(url, context);
  },
});`;

/** The files that Node loads when it runs with these arguments, in order; whatever the end of it is. */
export function loadedBy(args: readonly string[], options: { env: NodeJS.ProcessEnv; cwd: string }): string[] {
  const folder = mkdtempSync(join(tmpdir(), "octopus-loaded-"));
  try {
    const watch = join(folder, "watch.mjs");
    const list = join(folder, "list");
    writeFileSync(watch, WATCH);
    writeFileSync(list, "");
    const env = { ...options.env, LOADED_MODULES: list };
    spawnSync(process.execPath, ["--import", pathToFileURL(watch).href, ...args], { ...options, env });
    return readFileSync(list, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((url) => fileURLToPath(url));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
