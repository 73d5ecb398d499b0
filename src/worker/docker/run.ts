/** Runs the attempts of docker tasks: image, files, container, report. Loaded with the first of them. */
import { chmodSync } from "node:fs";
import type { AttemptReport } from "../../protocol/link.ts";
import type { DockerWork } from "../../protocol/work/docker.ts";
import type { AttemptContext } from "../executor.ts";
import { EXIT_SKIP } from "../executors/command-report.ts";
import { OutputCap } from "../executors/output-cap.ts";
import { stoppedOutcome } from "../executors/stopped.ts";
import { type AttemptEnd, FileFolders, type Folder } from "../file-folders.ts";
import { addOutputs } from "../outputs/report.ts";
import { StdoutCapture } from "../outputs/stdout.ts";
import { stdoutWanted } from "../outputs/values.ts";
import { EngineError, EngineGone } from "./client.ts";
import { PullFailure } from "./image.ts";
import { Launcher, type LaunchOptions, type Run } from "./launch.ts";
import { describeEnd, describeRefusal } from "./report.ts";

const OUTPUT_BYTES_MAX = 10 * 1024 * 1024;

/**
 * For an engine that is being restarted. It is longer than the server takes to hear that there is none, so that a task that
 * is given back is not brought again at once.
 */
const WAIT_MS = 2000;
/** It never began, so no try is counted; it waits for a worker with an engine. */
const GIVEN_BACK: AttemptReport = {
  outcome: "interrupted",
  error: { message: "no container engine answers on this worker: it was given back before it began", kind: "engine" },
};

const NUL: AttemptReport = {
  outcome: "failed",
  error: {
    message: "the command, its cwd or its env holds a NUL character, which no program can be given; remove it",
    kind: "start",
  },
  retryable: false,
};

export interface ContainersOptions extends LaunchOptions {
  /** Folder for the files of attempts, for these alone. Default: one for temporary files. */
  filesDir: string | undefined;
}

export class Containers {
  readonly #options: ContainersOptions;
  readonly #folders: FileFolders;
  readonly #launcher: Launcher;

  constructor(options: ContainersOptions) {
    this.#options = options;
    this.#folders = new FileFolders(options.filesDir);
    this.#launcher = new Launcher(options);
  }

  async execute(context: AttemptContext): Promise<AttemptReport> {
    const { assignment, signal } = context;
    if (assignment.work.kind !== "docker")
      throw new Error(`a ${assignment.work.kind} task came to the docker executor`);
    if (signal.aborted) return { outcome: stoppedOutcome(signal), durationMs: 0 };
    const begun = performance.now();
    const report = await this.#run(assignment.work.docker, context);
    report.durationMs = Math.round((performance.now() - begun) * 1000) / 1000;
    return report;
  }

  close(): void {
    this.#folders.close();
  }

  async #run(work: DockerWork, context: AttemptContext): Promise<AttemptReport> {
    const { signal } = context;
    if (hasNul(work)) return { ...NUL };
    const engine = this.#options.presence.engine ?? (await this.#options.presence.wait(WAIT_MS, signal));
    if (engine === undefined) return signal.aborted ? { outcome: stoppedOutcome(signal) } : { ...GIVEN_BACK };
    const folder = engine.host.isLocal ? this.#takeFolder() : undefined;
    const output = new OutputCap(work.maxOutput ?? OUTPUT_BYTES_MAX, (stream, data) => context.log(stream, data));
    const wanted = stdoutWanted(work.outputs);
    const capture = wanted === undefined ? undefined : new StdoutCapture(wanted);
    const end: AttemptEnd = { isHeld: false, hasOutput: true };
    try {
      const report = await this.#attempt({ engine, context, work, folder, output, capture });
      if (report.exitCode !== undefined && report.exitCode !== EXIT_SKIP && !context.signal.aborted)
        end.hasOutput = addOutputs(report, work, folder?.output, capture);
      return report;
    } finally {
      const handedOver = folder && this.#folders.give(folder, context, end);
      if (handedOver !== undefined) await handedOver;
    }
  }

  /** Whoever the container runs as may leave files; nobody else on the machine gets that far. */
  #takeFolder(): Folder | undefined {
    const folder = this.#folders.take();
    if (folder === undefined) return undefined;
    chmodSync(folder.path, 0o777);
    chmodSync(folder.output, 0o666);
    return folder;
  }

  async #attempt(run: Run): Promise<AttemptReport> {
    const { context, work, output, engine } = run;
    const { signal } = context;
    try {
      const end = await this.#launcher.launch(run);
      output.end();
      if (end === undefined) return { outcome: stoppedOutcome(signal) };
      if (typeof end === "string")
        return { outcome: "failed", error: { message: end, kind: "volume" }, retryable: false };
      if (!end.isWhole)
        context.log("log", "some of the output is missing: the connection to the container engine broke\n");
      const { usage } = end;
      return {
        ...describeEnd(end, work, signal, output.lastErrorLine()),
        ...(usage !== undefined && { cpuMs: usage.cpuMs, maxRssBytes: usage.maxRssBytes }),
      };
    } catch (error) {
      if (!(error instanceof EngineGone || error instanceof EngineError || error instanceof PullFailure)) throw error;
      output.end();
      if (error instanceof EngineGone && !error.wasAborted) this.#options.presence.lost();
      if (signal.aborted) return { outcome: stoppedOutcome(signal) };
      if (error instanceof EngineError) return describeRefusal(error, work);
      if (error instanceof PullFailure)
        return { outcome: "failed", error: { message: error.message, kind: "image" }, retryable: error.retryable };
      const what = `the container engine at ${engine.host.shown} is gone: ${error.message}`;
      const message = `${what}; what is left of the task is removed when it is back; see that it runs, or give the task retries`;
      return { outcome: "failed", error: { message, kind: "engine" }, retryable: true };
    }
  }
}

function hasNul({ command = [], entrypoint = [], env = {}, cwd = "" }: DockerWork): boolean {
  return [...command, ...entrypoint, ...Object.values(env), cwd].some((text) => text.includes("\0"));
}
