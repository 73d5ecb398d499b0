/** How a call of a plugin ended, in words for the report of its attempt. */
import { formatSize } from "../../base/duration.ts";
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { CallDeath, CallEnd } from "./call.ts";
import { signalName } from "../executors/command-report.ts";
import { NotHere } from "./kinds.ts";
import type { Done } from "./messages.ts";

export interface CallCircumstances {
  copy: PluginCopy;
  action: string;
  /** It was told to stop: what it is called then. */
  stopped: AttemptReport["outcome"] | undefined;
  /** Most that it may have, by its sandbox. */
  memory: number | undefined;
  /** The last line of its error output. */
  lastError: string;
}

export function endReport(end: CallEnd, about: CallCircumstances): AttemptReport {
  const { stopped } = about;
  switch (end.type) {
    case "done":
      return doneReport(end.done, stopped);
    case "stopped":
      return { outcome: stopped ?? "interrupted" };
    case "refused":
      return stopped === undefined ? refusal(end.why, about) : { outcome: stopped };
    case "ended":
      if (end.isKilled) return { outcome: stopped ?? "interrupted" };
      return deathReport(end, about);
  }
}

function doneReport(done: Done, stopped: AttemptReport["outcome"] | undefined): AttemptReport {
  const { error, ms, cpu } = done;
  // Clocks that a plugin has its hands on may say anything, and the server refuses what is no duration.
  const report: AttemptReport = { outcome: "succeeded", durationMs: Math.max(0, ms) };
  if (cpu !== undefined && cpu >= 0) report.cpuMs = cpu;
  if (error !== undefined) {
    const { message, kind, stack, retryable } = error;
    // What it throws once it was told to stop is its way to stop.
    if (stopped !== undefined) return { ...report, outcome: stopped };
    report.outcome = "failed";
    report.error = { message, kind, ...(stack !== undefined && { stack }) };
    if (retryable === false) report.retryable = false;
    return report;
  }
  if (done.value !== undefined) report.result = done.value;
  if (stopped !== undefined && done.stopped !== undefined) report.outcome = stopped;
  else markStatus(report, done.value);
  return report;
}

const FAILURES = new Set(["failed", "error"]);

/** What a returned object says of itself counts: a `status` of `failed` or `error` is a failure, however it is written. */
function markStatus(report: AttemptReport, value: Json | undefined): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const { status, message } = value;
  if (typeof status !== "string" || !FAILURES.has(status.toLowerCase())) return;
  report.outcome = "failed";
  const text = typeof message === "string" && message !== "" ? message : JSON.stringify(value);
  report.error = { message: text.length > 2000 ? `${text.slice(0, 1999)}…` : text, kind: "status" };
}

/** Its process ended under it. */
function deathReport({ end, isHeapFull, oomKills }: CallDeath, about: CallCircumstances): AttemptReport {
  const { copy, action, stopped, lastError } = about;
  if (stopped !== undefined) return { outcome: stopped };
  const report: AttemptReport = { outcome: "failed" };
  const what = `${action} of the plugin ${copy.name}`;
  const said = lastError === "" ? "" : `: ${lastError}`;
  const limit = about.memory === undefined ? "" : ` (sandbox.memory is ${formatSize(about.memory)})`;
  if (end.fault !== undefined) {
    report.error = { message: `${what} broke the line to its worker: ${end.fault}`, kind: "runner" };
  } else if (isHeapFull) {
    report.error = { message: `${what} ran out of memory${limit}`, kind: "out_of_memory" };
  } else if (end.signal === "SIGKILL" && oomKills > 0) {
    const message = `${what} was ended by the system, which had no memory left; ask for less at once, or set sandbox.memory`;
    report.error = { message, kind: "out_of_memory" };
  } else if (end.signal === null) {
    // So a sandbox with processes of its own tells of a signal.
    const { code } = end;
    const signal = code !== null && code > 128 && code < 160 ? ` (${signalName(code - 128)})` : "";
    const message = `${what} ended its process with exit code ${code}${signal} and returned nothing${said}`;
    report.error = { message, kind: "exit" };
  } else report.error = { message: `the process of ${what} was ended by ${end.signal}${said}`, kind: "signal" };
  if (end.signal === null && end.code !== null) report.exitCode = end.code;
  if (end.signal !== null) report.signal = end.signal;
  return report;
}

/** No process could be started for it. */
function refusal(why: unknown, { copy }: CallCircumstances): AttemptReport {
  const message = why instanceof Error ? why.message : String(why);
  // Another worker may be able to do what this one cannot.
  if (why instanceof NotHere) return { outcome: "refused", error: { message, kind: "sandbox" }, retryable: true };
  if (why instanceof OctopusError) {
    const isForGood = why.code === "invalid" || (why.code === "not_found" && !message.startsWith("this worker"));
    if (isForGood) return { outcome: "failed", error: { message, kind: "plugin" }, retryable: false };
    return { outcome: "refused", error: { message, kind: "plugin" }, retryable: true };
  }
  return {
    outcome: "refused",
    error: { message: `the plugin ${copy.name} cannot be run here: ${message}`, kind: "plugin" },
  };
}
