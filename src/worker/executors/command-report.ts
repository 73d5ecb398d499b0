/** What became of a command, in words: the report of each executor that starts one. */
import { constants } from "node:os";
import type { AttemptReport } from "../../protocol/link.ts";
import type { CommandEnd, CommandOutcome, StartRefusal } from "../spawner/client.ts";
import { stoppedOutcome } from "./stopped.ts";

/** What `timeout(1)` exits with. */
const EXIT_TIMED_OUT = 124;
/** A command says with it that there was nothing to do: a success here, and core makes it `skipped`. */
export const EXIT_SKIP = 99;

interface About {
  program: string;
  cwd: string | undefined;
  /** Of its error output; empty when there is none that says something. */
  lastErrorLine(): string;
}

/** The report of a command that ended, could not be started, or was lost with what starts commands. */
export function describeEnd(outcome: CommandOutcome, signal: AbortSignal, about: About): AttemptReport {
  if (outcome.type === "refused") return refusal(outcome, about);
  if (outcome.type === "lost") {
    if (signal.aborted) return { outcome: stoppedOutcome(signal) };
    const message = `the spawner process, which starts commands for this worker, was lost: ${outcome.why}`;
    const error = { message, kind: "spawner" };
    return { outcome: outcome.started ? "failed" : "refused", error, retryable: true };
  }
  const report: AttemptReport = { outcome: "succeeded", ...usage(outcome) };
  if (outcome.signal > 0) report.signal = signalName(outcome.signal);
  else report.exitCode = outcome.code;
  if (signal.aborted) {
    report.outcome = stoppedOutcome(signal);
    if (report.outcome === "timed_out") report.exitCode = EXIT_TIMED_OUT;
    return report;
  }
  if (outcome.signal === 0 && (outcome.code === 0 || outcome.code === EXIT_SKIP)) return report;
  report.outcome = "failed";
  const last = about.lastErrorLine();
  const said = last === "" ? "" : `: ${last}`;
  if (outcome.signal > 0) {
    report.error = { message: `was ended by ${report.signal}${said}`, kind: "signal" };
  } else report.error = { message: `${exitText(outcome.code)}${said}`, kind: "exit" };
  return report;
}

export function exitText(code: number): string {
  if (code === 127) return "exited with code 127 (command not found)";
  if (code === 126) return "exited with code 126 (command not executable)";
  // A shell says so of a command that a signal ended.
  if (code > 128 && code < 160)
    return `exited with code ${code} (its last command was ended by ${signalName(code - 128)})`;
  return `exited with code ${code}`;
}

function refusal(refused: StartRefusal, { program, cwd }: About): AttemptReport {
  const { code, about } = refused;
  if (about === "system") {
    const message = `this machine could not start another process (${code}); lower the worker's slots or raise its limits`;
    return { outcome: "refused", error: { message, kind: "start" }, retryable: true };
  }
  let message = `cannot start ${program} (${code}): it is not a program on this worker; check "shell"`;
  if (about === "cwd") message = `cannot use ${cwd} as the working folder (${code}): check that it is a folder here`;
  else if (code === "EACCES") message = `cannot start ${program} (EACCES): it is not executable by this worker's user`;
  else if (code === "E2BIG") {
    message =
      "the command or its environment is too large for this system (E2BIG); pass long text in a file or as stdin";
  }
  return { outcome: "failed", error: { message, kind: "start" } };
}

function usage(end: CommandEnd): Partial<AttemptReport> {
  return {
    ...(end.cpuMs >= 0 && { cpuMs: end.cpuMs }),
    ...(end.maxRssBytes >= 0 && { maxRssBytes: end.maxRssBytes }),
  };
}

const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export function signalName(number: number): string {
  return SIGNAL_NAMES.get(number) ?? `signal ${number}`;
}
