/**
 * What a test run leaves behind. Every process that it starts carries a mark in its environment, and every temporary
 * file lands in one folder, so both can be found afterwards.
 */
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MARK = "TEST_RUN_MARK";

export interface Watch {
  /** Ends what still runs, deletes what still lies there, and names what ran. */
  finish(): string[];
}

/** From here on, what this process starts is watched. */
export function watchLeftovers(): Watch {
  const folder = mkdtempSync(join(tmpdir(), "octopus-test-"));
  const mark = `${process.pid}-${Date.now()}`;
  process.env[MARK] = mark;
  // Tests run things as other users, who have to get through to what they are given.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return {
    finish() {
      const left = markedProcesses(`${MARK}=${mark}`);
      for (const { pid } of left) endProcess(pid);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      return left.map(({ pid, command }) => `process ${pid}: ${command}`);
    },
  };
}

/** Processes with this entry in their environment. Linux alone shows the environment of other processes; elsewhere nothing is found. */
export function markedProcesses(entry: string): { pid: number; command: string }[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, "utf8").split("\0").includes(entry)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return [{ pid: Number(name), command }];
      } catch {
        return []; // It ended meanwhile, or it belongs to somebody else: then it is not ours.
      }
    });
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
