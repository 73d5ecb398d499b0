/**
 * Runs shell commands through the spawner: says what to start, keeps the output up to a cap, and turns the end of the
 * command into a report. Exit code 99 is a success here; the core makes it `skipped`.
 */
import { constants } from "node:os";
import type { ShellWork } from "../../protocol/task.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import { type CommandEnd, type CommandOutcome, SpawnerClient, type StartRefusal } from "../spawner/client.ts";
import { attemptEnv, WITHHELD } from "../attempt-env.ts";
import { type AttemptEnd, FileFolders, type Folder } from "../file-folders.ts";
import { addOutputs } from "../outputs/report.ts";
import { StdoutCapture } from "../outputs/stdout.ts";
import { stdoutWanted } from "../outputs/values.ts";
import { OutputCap } from "./output-cap.ts";
import { stoppedOutcome } from "./stopped.ts";

/** Time between TERM and KILL when the task says nothing. */
const GRACE_MS = 5000;
const OUTPUT_BYTES_MAX = 10 * 1024 * 1024;
/** What `timeout(1)` exits with. */
const EXIT_TIMED_OUT = 124;
const EXIT_SKIP = 99;
/** For a command whose folder could not be made. */
const NOWHERE = "/nonexistent";

export interface ShellExecutorOptions {
  /** Shared with others that start commands; the owner closes it. Default: one of its own. */
  spawner?: SpawnerClient;
  /** Folder for the files that commands leave, for this executor alone. Default: one for temporary files. */
  filesDir?: string;
  /** The worker offers GPUs: tasks that ask for none see none. Default false. */
  hasGpus?: boolean;
}

export function createShellExecutor(options: ShellExecutorOptions = {}): Executor & { start(): Promise<void> } {
  const spawner = options.spawner ?? new SpawnerClient({ withheld: WITHHELD });
  const folders = new FileFolders(options.filesDir);
  const { hasGpus = false } = options;
  return {
    kind: "shell",
    async execute(context) {
      const folder = folders.take();
      // A command that wants the folder fails by itself then; all others need not.
      if (folder === undefined)
        context.log("log", "no folder for files could be made: OCTOPUS_ARTIFACTS and OCTOPUS_OUTPUT lead nowhere\n");
      const end: AttemptEnd = { isHeld: false, hasOutput: true };
      try {
        return await execute({ spawner, hasGpus }, context, folder, end);
      } finally {
        const handedOver = folder && folders.give(folder, context, end);
        if (handedOver !== undefined) await handedOver;
      }
    },
    /** Starts the spawner ahead of the first command. */
    async start() {
      await spawner.start();
    },
    async close() {
      if (options.spawner === undefined) await spawner.close();
      folders.close();
    },
  };
}

async function execute(
  { spawner, hasGpus }: { spawner: SpawnerClient; hasGpus: boolean },
  context: AttemptContext,
  folder: Folder | undefined,
  end: AttemptEnd,
): Promise<AttemptReport> {
  const { assignment, signal } = context;
  if (assignment.work.kind !== "shell") throw new Error(`a ${assignment.work.kind} task came to the shell executor`);
  const work = assignment.work.shell;
  const begun = performance.now();
  if (signal.aborted) return { outcome: stoppedOutcome(signal), durationMs: 0 };
  const argv = [...(work.shell ?? defaultShell()), work.command];
  const env = attemptEnv(assignment, work.env, { hasGpus });
  addPlaces(env, context, folder);
  const nul = [...argv, work.cwd ?? "", ...Object.values(env)].some((text) => text.includes("\0"));
  if (nul) {
    const message = "the command, its cwd or its env holds a NUL character, which no program can be given; remove it";
    return { outcome: "failed", error: { message, kind: "start" }, retryable: false, durationMs: 0 };
  }
  const output = new OutputCap(work.maxOutput ?? OUTPUT_BYTES_MAX, (stream, data) => context.log(stream, data));
  const wanted = stdoutWanted(work.outputs);
  const capture = wanted === undefined ? undefined : new StdoutCapture(wanted);
  const command = spawner.run(
    { argv, env, ...(work.cwd !== undefined && { cwd: work.cwd }) },
    {
      stdin: work.stdin,
      onOutput(stream, bytes) {
        if (stream === "stdout") capture?.write(bytes);
        output.write(stream, bytes);
      },
    },
  );
  context.group = () => command.pid;
  const stop = (): void => command.stop(work.grace ?? GRACE_MS);
  signal.addEventListener("abort", stop, { once: true });
  const outcome = await command.outcome;
  signal.removeEventListener("abort", stop);
  context.group = undefined;
  output.end();
  end.isHeld = outcome.type === "ended" && outcome.held;
  if (end.isHeld) {
    context.log(
      "log",
      "processes that the command left behind still held its output open; it is not kept from here on",
    );
  }
  const report = describe(outcome, work, argv[0]!, output, signal);
  if (hasExited(outcome) && !signal.aborted) end.hasOutput = addOutputs(report, work, folder?.output, capture);
  report.durationMs = Math.round((performance.now() - begun) * 1000) / 1000;
  return report;
}

/** By itself, and not to say that there was nothing to do. */
function hasExited(outcome: CommandOutcome): boolean {
  return outcome.type === "ended" && outcome.signal === 0 && outcome.code !== EXIT_SKIP;
}

function describe(
  outcome: CommandOutcome,
  work: ShellWork,
  program: string,
  output: OutputCap,
  signal: AbortSignal,
): AttemptReport {
  if (outcome.type === "refused") return refusal(outcome, work, program);
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
  const last = output.lastErrorLine();
  const said = last === "" ? "" : `: ${last}`;
  if (outcome.signal > 0) {
    report.error = { message: `was ended by ${report.signal}${said}`, kind: "signal" };
  } else report.error = { message: `${exitText(outcome.code)}${said}`, kind: "exit" };
  return report;
}

function exitText(code: number): string {
  if (code === 127) return "exited with code 127 (command not found)";
  if (code === 126) return "exited with code 126 (command not executable)";
  // A shell says so of a command that a signal ended.
  if (code > 128 && code < 160)
    return `exited with code ${code} (its last command was ended by ${signalName(code - 128)})`;
  return `exited with code ${code}`;
}

function refusal(refused: StartRefusal, work: ShellWork, program: string): AttemptReport {
  const { code, about } = refused;
  if (about === "system") {
    const message = `this machine could not start another process (${code}); lower the worker's slots or raise its limits`;
    return { outcome: "refused", error: { message, kind: "start" }, retryable: true };
  }
  let message = `cannot start ${program} (${code}): it is not a program on this worker; check "shell"`;
  if (about === "cwd")
    message = `cannot use ${work.cwd} as the working folder (${code}): check that it is a folder here`;
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

/** Where the command finds and leaves files. */
function addPlaces(env: Record<string, string>, context: AttemptContext, folder: Folder | undefined): void {
  if (context.keepFile !== undefined) env["OCTOPUS_ARTIFACTS"] = folder?.path ?? NOWHERE;
  env["OCTOPUS_OUTPUT"] = folder?.output ?? NOWHERE;
  if (context.inputsDir !== undefined) env["OCTOPUS_INPUTS"] = context.inputsDir;
}

function defaultShell(): string[] {
  return process.platform === "win32" ? [process.env["ComSpec"] ?? "cmd.exe", "/d", "/s", "/c"] : ["/bin/sh", "-c"];
}

const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

function signalName(number: number): string {
  return SIGNAL_NAMES.get(number) ?? `signal ${number}`;
}
