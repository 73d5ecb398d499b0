/**
 * Where Node keeps what it has compiled, so that the next start need not: a folder of the user's own. Node's choice lies
 * among temporary files, where whoever came first could lay compiled code for others.
 *
 * Where nobody has such a folder, or it cannot be written, nothing is kept and nothing is said.
 */
import { statSync } from "node:fs";
import module from "node:module";
import { isAbsolute, join } from "node:path";

/** To be called before what it is for is imported. A folder that the environment names (NODE_COMPILE_CACHE) is taken instead. */
export function keepCompiled(): void {
  const folder = cacheFolderOf(process.env);
  if (folder !== undefined) module.enableCompileCache?.(join(folder, "octopus", "node"));
}

/** The folder of caches; undefined where there is none of this user's own. */
export function cacheFolderOf(env: NodeJS.ProcessEnv, platform: string = process.platform): string | undefined {
  if (platform === "win32") return env["LOCALAPPDATA"] || undefined;
  const { HOME: home = "", XDG_CACHE_HOME: caches = "" } = env;
  // With sudo the home folder may still be that of somebody who must not say what root runs.
  if (isAbsolute(caches)) return isOwn(caches) ? caches : undefined;
  if (!isAbsolute(home) || !isOwn(home)) return undefined;
  return platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
}

function isOwn(folder: string): boolean {
  try {
    return statSync(folder).uid === process.getuid?.();
  } catch {
    // It is not there, or lies where this user may not look.
    return false;
  }
}
