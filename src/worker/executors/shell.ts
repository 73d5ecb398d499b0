/**
 * Runs shell commands through the spawner: says what to start, keeps the output up to a cap, and turns the end of the
 * command into a report. Exit code 99 is a success here; the core makes it `skipped`.
 */
import type { AttemptReport } from "../../protocol/link.ts";
import type { Work } from "../../protocol/task.ts";
import type { SandboxWish } from "../../protocol/work/sandbox-parts.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import { type CommandOutcome, SpawnerClient } from "../spawner/client.ts";
import { attemptEnv, WITHHELD } from "../attempt-env.ts";
import { type AttemptEnd, FileFolders, type Folder } from "../file-folders.ts";
import type { Kept } from "../sandbox/enter.ts";
import { addOutputs } from "../outputs/report.ts";
import { StdoutCapture } from "../outputs/stdout.ts";
import { stdoutWanted } from "../outputs/values.ts";
import { describeEnd, EXIT_SKIP } from "./command-report.ts";
import { OutputCap } from "./output-cap.ts";
import { stoppedOutcome } from "./stopped.ts";

/** Time between TERM and KILL when the task says nothing. */
const GRACE_MS = 5000;
const OUTPUT_BYTES_MAX = 10 * 1024 * 1024;
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
  /** For commands of other users, who cannot get to the worker's own. */
  let others: FileFolders | undefined;
  const { hasGpus = false } = options;
  return {
    kind: "shell",
    async execute(context) {
      const own = isForOther(context.assignment.work)
        ? (others ??= new FileFolders(undefined, { isOpen: true }))
        : folders;
      const folder = own.take();
      // A command that wants the folder fails by itself then; all others need not.
      if (folder === undefined)
        context.log("log", "no folder for files could be made: OCTOPUS_ARTIFACTS and OCTOPUS_OUTPUT lead nowhere\n");
      const end: AttemptEnd = { isHeld: false, hasOutput: true };
      try {
        return await execute({ spawner, hasGpus }, context, folder, end);
      } finally {
        const handedOver = folder && own.give(folder, context, end);
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
      others?.close();
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
  let argv = [...(work.shell ?? defaultShell()), work.command];
  const program = argv[0]!;
  let env = attemptEnv(assignment, work.env, { hasGpus });
  addPlaces(env, context, folder);
  const nul = [...argv, work.cwd ?? "", ...Object.values(env)].some((text) => text.includes("\0"));
  if (nul) {
    const message = "the command, its cwd or its env holds a NUL character, which no program can be given; remove it";
    return { outcome: "failed", error: { message, kind: "start" }, retryable: false, durationMs: 0 };
  }
  let kept: Kept | undefined;
  if (work.sandbox !== undefined) {
    const { enterSandbox } = await import("../sandbox/enter.ts");
    const entered = await enterSandbox({ argv, env, folder }, work.sandbox);
    if ("problem" in entered) return notHere(entered.problem);
    kept = entered;
    ({ argv, env } = entered);
    if (signal.aborted) {
      kept.leave();
      return { outcome: stoppedOutcome(signal), durationMs: 0 };
    }
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
  kept?.leave();
  end.isHeld = outcome.type === "ended" && outcome.held;
  if (end.isHeld) {
    context.log(
      "log",
      "processes that the command left behind still held its output open; it is not kept from here on",
    );
  }
  const lastErrorLine = (): string => output.lastErrorLine();
  const report = describeEnd(outcome, signal, { program, cwd: work.cwd, lastErrorLine });
  if (hasExited(outcome) && !signal.aborted) end.hasOutput = addOutputs(report, work, folder?.output, capture);
  report.durationMs = Math.round((performance.now() - begun) * 1000) / 1000;
  return report;
}

function isForOther(work: Work): boolean {
  const sandbox: SandboxWish | undefined = work.kind === "shell" ? work.shell.sandbox : undefined;
  return sandbox?.user !== undefined;
}

function notHere(problem: string): AttemptReport {
  const message = `this worker cannot run it as its sandbox asks: ${problem}`;
  return { outcome: "refused", error: { message, kind: "sandbox" }, retryable: true, durationMs: 0 };
}

/** By itself, and not to say that there was nothing to do. */
function hasExited(outcome: CommandOutcome): boolean {
  return outcome.type === "ended" && outcome.signal === 0 && outcome.code !== EXIT_SKIP;
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
