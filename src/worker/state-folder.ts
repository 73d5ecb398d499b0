/**
 * The folder in which a worker keeps what must outlive its process: its key, the servers that it trusts, its spool.
 *
 * F1  One process at a time has it: two of them would bring each other's results.
 */
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { OctopusError } from "../base/errors.ts";
import { makeFolder } from "./make-folder.ts";

/** Where a worker of this name, for this namespace, keeps its state when nobody says. */
export function defaultStateDir(name: string, namespace?: string, env: NodeJS.ProcessEnv = process.env): string {
  const local = process.platform === "win32" ? env["LOCALAPPDATA"] : env["XDG_STATE_HOME"];
  const home = env["HOME"] ?? homedir();
  const fallback = process.platform === "win32" ? join(home, "AppData", "Local") : join(home, ".local", "state");
  // A name may hold what is no part of a file's name.
  const folder = encodeURIComponent(name) + (namespace === undefined ? "" : `@${namespace}`);
  return join(local === undefined || local === "" ? fallback : local, "octopus", "workers", folder);
}

/** Makes the folder and takes it for this process. The answer lets it go. */
export function lockStateDir(dir: string, name: string): () => void {
  const file = join(dir, "lock");
  const own = `${process.pid} ${startOf(process.pid) ?? ""}\n`;
  try {
    makeFolder(dir);
    while (!take(file, own)) {
      const holder = readHolder(file);
      if (holder !== undefined) throw inUse(dir, name, holder);
      removeStale(file);
    }
  } catch (cause) {
    if (cause instanceof OctopusError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = "name a folder that can be written with --dir";
    throw new OctopusError("invalid", `the state folder ${dir} of this worker cannot be used: ${why}; ${hint}`, {
      cause,
    });
  }
  return () => {
    if (readFileSync(file, "utf8") === own) rmSync(file, { force: true });
  };
}

function take(file: string, own: string): boolean {
  // Nobody may see it while it is empty.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, own, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    // A file system without links.
    writeFileSync(file, own, { flag: "wx", mode: 0o600 });
    return true;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A removal that takes longer was cut off. */
const REMOVAL_MS_MAX = 10_000;

/**
 * Removes a lock whose process is gone. One process at a time does so, and looks again before it does: of two that start
 * together, the second would remove what the first has just taken.
 */
function removeStale(file: string): void {
  const removal = `${file}.removal`;
  try {
    writeFileSync(removal, "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const since = statSync(removal, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > REMOVAL_MS_MAX) rmSync(removal, { force: true });
    // The other one is done in a moment.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return;
  }
  try {
    if (readHolder(file) === undefined) rmSync(file, { force: true });
  } finally {
    rmSync(removal, { force: true });
  }
}

/** Number of the process that has it; undefined when that one is gone. */
function readHolder(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const [pid = Number.NaN, start] = text.trim().split(" ").map(Number);
  if (!Number.isInteger(pid) || pid < 1 || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  // Numbers of processes are given again, after a restart of the machine above all.
  const now = startOf(pid);
  return start === undefined || now === undefined || Number(now) === start ? pid : undefined;
}

/** When the process started, in ticks since the machine did; undefined where the system does not say. */
function startOf(pid: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // One that nobody has reaped yet holds nothing any more.
    return fields[0] === "Z" || fields[0] === "X" ? "0" : fields[19];
  } catch {
    return undefined;
  }
}

function inUse(dir: string, name: string, pid: number): OctopusError {
  const message = `another worker named ${name} runs on this machine (process ${pid}, state folder ${dir}); stop it, or choose another --name or --dir`;
  return new OctopusError("conflict", message);
}
