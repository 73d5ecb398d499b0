/** Signals process groups and asks whether they are empty, for hosts that have Node's means alone. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const WINDOWS = process.platform === "win32";

export type GroupSignal = "SIGTERM" | "SIGCONT" | "SIGKILL" | 0;

/** Signals the group; 0 only asks. False when it has no member. Windows has no groups: there it is the tree. */
export function signalGroup(pid: number, signal: GroupSignal): boolean {
  if (WINDOWS && signal !== 0) {
    if (signal !== "SIGCONT") execFile("taskkill", ["/pid", String(pid), "/T", "/F"], () => undefined);
    return true;
  }
  try {
    process.kill(WINDOWS ? pid : -pid, signal);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return signal !== 0 || process.platform !== "linux" || hasLiving(pid);
}

/** Whether the group has a member that is not a zombie: process 1 may take its time to reap, or never do it. */
function hasLiving(group: number): boolean {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, "utf8");
    } catch {
      continue; // It ended between the two calls.
    }
    // After the name, which is in brackets and may hold anything: state, parent, group.
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(itsGroup) === group && state !== "Z" && state !== "X") return true;
  }
  return false;
}
