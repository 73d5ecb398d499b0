/** What an executor of one's own sees of its attempt, and how it runs programs. */
import type { AttemptReport } from "../../protocol/link.ts";
import { adaptersOf } from "../adapters/desk.ts";
import { attemptEnv } from "../attempt-env.ts";
import type { AttemptContext } from "../executor.ts";
import { CallContext } from "./call.ts";
import { describeEnd } from "./command-report.ts";
import type { CommandResult, CommandToRun, ExecutorContext } from "./custom-executor.ts";
import { OutputCap } from "./output-cap.ts";
import type { ExecutorPlace } from "./place.ts";
import { stoppedOutcome } from "./stopped.ts";

const GRACE_MS = 5000;
const OUTPUT_BYTES_MAX = 10 * 1024 * 1024;

/** How a program ended, with the report that an attempt gets whose executor answers with it. */
export class CommandEnded implements CommandResult {
  readonly report: AttemptReport;

  constructor(report: AttemptReport) {
    this.report = report;
  }

  get code(): number | undefined {
    return this.report.exitCode;
  }

  get signal(): string | undefined {
    return this.report.signal;
  }

  get problem(): string | undefined {
    return this.report.error?.message;
  }
}

export class CustomContext extends CallContext implements ExecutorContext {
  readonly env: Readonly<Record<string, string>>;
  readonly #context: AttemptContext;
  readonly #place: ExecutorPlace;

  constructor(context: AttemptContext, place: ExecutorPlace) {
    super(context, adaptersOf(place));
    this.#context = context;
    this.#place = place;
    this.env = attemptEnv(context.assignment, undefined, { hasGpus: place.hasGpus });
    if (context.inputsDir !== undefined) this.env = { ...this.env, OCTOPUS_INPUTS: context.inputsDir };
  }

  output = (stream: "stdout" | "stderr", data: string | Uint8Array): void => this.#context.log(stream, data);

  run = async (wanted: CommandToRun): Promise<CommandResult> => {
    const { argv, cwd, stdin, grace = GRACE_MS, maxOutput = OUTPUT_BYTES_MAX } = wanted;
    const context = this.#context;
    const { signal } = context;
    const env = { ...wanted.env, ...this.env };
    if ([...argv, cwd ?? "", ...Object.values(env)].some((text) => text.includes("\0"))) {
      const message = "an argument, cwd or env holds a NUL character, which no program can be given; remove it";
      return new CommandEnded({ outcome: "failed", error: { message, kind: "start" }, retryable: false });
    }
    const spawner = await this.#place.spawner();
    if (signal.aborted) return new CommandEnded({ outcome: stoppedOutcome(signal) });
    const output = new OutputCap(maxOutput, (stream, data) => context.log(stream, data));
    const command = spawner.run(
      { argv: [...argv], env, ...(cwd !== undefined && { cwd }) },
      { stdin, onOutput: (stream, bytes) => output.write(stream, bytes) },
    );
    context.group = () => command.pid;
    const stop = (): void => command.stop(grace);
    signal.addEventListener("abort", stop, { once: true });
    const end = await command.outcome;
    signal.removeEventListener("abort", stop);
    context.group = undefined;
    output.end();
    const lastErrorLine = (): string => output.lastErrorLine();
    return new CommandEnded(describeEnd(end, signal, { program: argv[0], cwd, lastErrorLine }));
  };
}
