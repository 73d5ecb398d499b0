/** What the exit code of a command says. The only place where codes are given; docs/reference/cli.md lists them. */
import { type ErrorCode, OctopusError } from "../base/errors.ts";
import { isEnded, type RunState } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import type { RunView } from "../protocol/run-views.ts";

export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, timedOut: 124, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For the reference. */
export const EXIT_MEANINGS: Record<keyof typeof EXIT, string> = {
  ok: "it is done, and what was asked about succeeded; also a run that is partial: some failures were allowed, and told of",
  failed: "a task or a run failed or was cancelled, or the server refused what was asked",
  usage: "the command line, the configuration or the input is wrong; nothing was done",
  unreachable: "no server answers, or it cannot work now (it is starting, its disk is full, its data is in use, …)",
  timedOut: "the time given was not enough, or a task ran longer than its timeout",
  interrupted: "somebody pressed Ctrl-C",
};

const BY_ERROR: Partial<Record<ErrorCode, ExitCode>> = {
  invalid: EXIT.usage,
  unreachable: EXIT.unreachable,
  not_ready: EXIT.unreachable,
  not_leader: EXIT.unreachable,
  outcome_unknown: EXIT.unreachable,
  storage_full: EXIT.unreachable,
  storage_failed: EXIT.unreachable,
  storage_locked: EXIT.unreachable,
  storage_newer: EXIT.unreachable,
  unauthorized: EXIT.unreachable,
  no_namespace: EXIT.unreachable,
  timeout: EXIT.timedOut,
};

export function exitCodeOfError(error: unknown): ExitCode {
  return (error instanceof OctopusError ? BY_ERROR[error.code] : undefined) ?? EXIT.failed;
}

/** For a task that was waited for; one that has not ended ran out of time. */
export function exitCodeOfTask(task: TaskView): ExitCode {
  if (!isEnded(task.state)) return EXIT.timedOut;
  if (task.state === "succeeded" || task.state === "skipped") return EXIT.ok;
  return hasTimedOut(task) ? EXIT.timedOut : EXIT.failed;
}

/** For a run that was waited for. It has timed out when its deadline ended it, or nothing but timeouts made it fail. */
export function exitCodeOfRun(run: RunView & { tasks?: readonly TaskView[] }): ExitCode {
  const good: readonly RunState[] = ["succeeded", "partial"];
  if (good.includes(run.state)) return EXIT.ok;
  if (run.state === "queued" || run.state === "running") return EXIT.timedOut;
  if (run.deadlineAt !== undefined && run.state === "failed" && run.endedAt! >= run.deadlineAt) return EXIT.timedOut;
  const failed = (run.tasks ?? []).filter((task) => task.state === "failed" && task.allowed !== true);
  return failed.length > 0 && failed.every(hasTimedOut) ? EXIT.timedOut : EXIT.failed;
}

/** The gravest of several, in the order that a script wants to hear first. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  return (
    [EXIT.interrupted, EXIT.unreachable, EXIT.usage, EXIT.failed, EXIT.timedOut].find((code) => codes.includes(code)) ??
    EXIT.ok
  );
}

function hasTimedOut(task: TaskView): boolean {
  return (
    task.state === "failed" &&
    (task.error?.kind === "timed_out" || task.error?.kind === "timeout" || task.exitCode === 124)
  );
}
