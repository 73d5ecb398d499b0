/** Which shell reads the commands: `$PARALLEL_SHELL`, the one that this was started from, `$SHELL`, or `/bin/sh`. */
import { readlinkSync } from "node:fs";
import { basename } from "node:path";

/** Shells that read what is quoted for them. */
const KNOWN = new Set(["sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "busybox"]);

export function shellOf(env: NodeJS.ProcessEnv): string[] {
  const wanted = env["PARALLEL_SHELL"];
  if (wanted !== undefined && wanted !== "") return [wanted, "-c"];
  if (process.platform === "win32") return [env["ComSpec"] ?? "cmd.exe", "/d", "/s", "/c"];
  const found = [parentProgram(), env["SHELL"]].find((path) => path !== undefined && KNOWN.has(basename(path)));
  if (found === undefined) return ["/bin/sh", "-c"];
  return basename(found) === "busybox" ? [found, "sh", "-c"] : [found, "-c"];
}

function parentProgram(): string | undefined {
  try {
    return readlinkSync(`/proc/${process.ppid}/exe`);
  } catch {
    return undefined;
  }
}
