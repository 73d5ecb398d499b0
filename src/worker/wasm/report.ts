/** The report of a module that ended, in words. */
import { formatSize } from "../../base/duration.ts";
import type { AttemptError, AttemptReport } from "../../protocol/link.ts";
import { EXIT_SKIP } from "../executors/command-report.ts";
import { stoppedOutcome } from "../executors/stopped.ts";
import type { ThreadEnd } from "./threads.ts";

/** From here on its memory may be why it failed. */
const MUCH = 0.5;

export interface AboutRun {
  name: string;
  signal: AbortSignal;
  memory: number;
  lastErrorLine(): string;
}

export function describeEnd(end: ThreadEnd, { name, signal, memory, lastErrorLine }: AboutRun): AttemptReport {
  if (end.type === "stopped" || signal.aborted) return { outcome: stoppedOutcome(signal) };
  if (end.type === "lost") return failed({ message: `the thread of ${name} was lost: ${end.why}`, kind: "thread" });
  const cpuMs = Math.round(end.cpuMs * 1000) / 1000;
  if (end.type === "exited" && (end.code === 0 || end.code === EXIT_SKIP))
    return { outcome: "succeeded", exitCode: end.code, cpuMs };
  const last = lastErrorLine();
  const hint = `${folderHint(last)}${memoryHint(end.memoryBytes, memory)}`;
  if (end.type === "exited") {
    const message = `exited with code ${end.code}${last === "" ? "" : `: ${last}`}${hint}`;
    return { ...failed({ message, kind: "exit" }), exitCode: end.code, cpuMs };
  }
  if (end.type === "unstarted") return { ...failed(unstarted(name, end.why)), cpuMs };
  const error: AttemptError = {
    message: `${name} trapped: ${end.what}${last === "" ? "" : `; it said: ${last}`}${hint}`,
    kind: "trap",
  };
  if (end.stack !== "") error.stack = end.stack;
  return { ...failed(error), cpuMs };
}

/** It can never be run as it is. */
export function unusable(name: string, problem: string): AttemptReport {
  return { ...failed({ message: `${name} cannot be run: ${problem}`, kind: "module" }), retryable: false };
}

function unstarted(name: string, why: string): AttemptError {
  if (/out of memory|could not allocate memory/i.test(why)) {
    const message = `this machine has no memory for ${name}: ${why}; lower "memory" of the task or the worker's slots`;
    return { message, kind: "memory" };
  }
  return { message: `${name} could not be started: ${why}`, kind: "module" };
}

/** How the libraries of C and Rust say that a path is in no folder of theirs; they do not even ask. */
const NO_FOLDER = /Capabilities insufficient|pre-opened file descriptor|\(os error 76\)/;

function folderHint(line: string): string {
  return NO_FOLDER.test(line)
    ? ' (it wants a file outside of the folders that it was given; name its folder in "dirs")'
    : "";
}

function memoryHint(used: number, allowed: number): string {
  if (used < allowed * MUCH) return "";
  return ` (it had ${formatSize(used)} of at most ${formatSize(allowed)} of memory; "memory" of the task says more)`;
}

function failed(error: AttemptError): AttemptReport {
  return { outcome: "failed", error };
}
