/**
 * Ends the processes that a call has started and left. They stand in the session of their runner, or carry its mark in their
 * environment when they have made a session of their own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** In the environment of a runner, and so of whatever it starts: a word that no other runner has. */
export const RUNNER_MARK = "OCTOPUS_RUNNER";

/** New ones may come while the others are ended; a fork bomb is ended with its runner. */
const ROUNDS_MAX = 20;
/** One that is killed goes when it next gets a core, and on a busy machine that is not at once. */
const GO_MS = 2000;
const LOOK_AGAIN_MS = 2;

interface LeftBehind {
  /** The command lines of those that were ended. */
  ended: string[];
  /** None is there any more. Otherwise they cannot be told apart here, or do not go, and the whole runner has to end. */
  isClean: boolean;
}

/**
 * `leader`: the number of the process that was started, and of its session; `self`: what the runner calls itself, which is
 * another number when it has a sandbox with numbers of its own.
 */
export async function endLeftBehind(leader: number, self: number, word: string): Promise<LeftBehind> {
  if (process.platform !== "linux" || leader !== self) return { ended: [], isClean: false };
  const commands = new Map<number, string>();
  const mark = `${RUNNER_MARK}=${word}`;
  const until = performance.now() + GO_MS;
  for (let rounds = 0; rounds < ROUNDS_MAX && performance.now() < until;) {
    const found = findLeft(leader, mark);
    if (found.length === 0) return { ended: [...commands.values()], isClean: true };
    if (found.some(({ pid }) => !commands.has(pid))) rounds++;
    for (const { pid, command } of found) {
      commands.set(pid, commands.get(pid) ?? command);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It went by itself.
      }
    }
    await wait(LOOK_AGAIN_MS);
  }
  return { ended: [...commands.values()], isClean: false };
}

function findLeft(leader: number, mark: string): { pid: number; command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!(pid > 0) || pid === leader) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") continue;
      if (Number(session) !== leader && !readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark))
        continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      if (isGuard(command)) continue;
      found.push({ pid, command: command.length > 80 ? `${command.slice(0, 79)}…` : command || `process ${pid}` });
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
  return found;
}

/** The one that waits for the end of the worker. */
function isGuard(command: string): boolean {
  return command.startsWith("/bin/sh -c ( ( trap '' TERM INT HUP; read -r nothing");
}
