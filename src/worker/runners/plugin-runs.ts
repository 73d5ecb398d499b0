/** Attempts of plugin tasks: each is a call in the pool of runners, and its end a report. */
import type { Json } from "../../base/words.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { SandboxWish } from "../../protocol/work/sandbox-parts.ts";
import { adaptersOf, type AdapterWish } from "../adapters/desk.ts";
import { AdapterRuns } from "../adapters/runs.ts";
import { attemptEnv } from "../attempt-env.ts";
import type { AttemptContext } from "../executor.ts";
import { OutputCap } from "../executors/output-cap.ts";
import type { ExecutorPlace } from "../executors/place.ts";
import { stoppedOutcome } from "../executors/stopped.ts";
import type { PluginCopies } from "../plugins/copies.ts";
import { join } from "node:path";
import { answerAttempt } from "./answers.ts";
import type { CallEnd, CallRequest, CallSink } from "./call.ts";
import { runnerKind, type RunnerPlace } from "./kinds.ts";
import type { TaskSaid } from "./messages.ts";
import { RunnerPool } from "./pool.ts";
import type { Pythons } from "./pythons.ts";
import { endReport } from "./report.ts";

const GRACE_MS = 5000;
const OUTPUT_BYTES_MAX = 10 * 1024 * 1024;
const IDLE_MS = 60_000;

export interface PluginRunsOptions {
  place: ExecutorPlace;
  copies: PluginCopies;
  pythons: Pythons;
  /** What the server has sent last. */
  plugins(): readonly PluginCopy[];
}

export class PluginRuns {
  readonly #options: PluginRunsOptions;
  readonly #pool: RunnerPool;
  readonly #place: RunnerPlace;
  readonly #adapters: AdapterRuns;

  constructor(options: PluginRunsOptions) {
    this.#options = options;
    const { place, copies, pythons } = options;
    const { slots, plugins, filesDir } = place.settings;
    const pool = { max: Math.max(1, slots), idleMs: plugins?.idleMs ?? IDLE_MS };
    this.#pool = new RunnerPool(pool);
    this.#place = {
      copies,
      python: (venv) => pythons.program(venv),
      scratch: filesDir && join(filesDir, "runners"),
    };
    const { hasGpus, settings } = place;
    const graceMs = settings.killGraceMs ?? GRACE_MS;
    const runners = this.#place;
    this.#adapters = new AdapterRuns({
      desk: adaptersOf(place),
      runners,
      pool,
      hasGpus,
      graceMs,
      plugins: options.plugins,
    });
  }

  /** A call of an adapter, on behalf of an attempt of whatever kind. */
  callAdapter(wish: AdapterWish, context: AttemptContext, depth: number): Promise<Json | undefined> {
    return this.#adapters.call(wish, context, depth);
  }

  async execute(context: AttemptContext): Promise<AttemptReport> {
    const { assignment } = context;
    if (assignment.work.kind !== "plugin") throw new Error("the plugin executor runs plugins");
    if (context.signal.aborted) return { outcome: stoppedOutcome(context.signal), durationMs: 0 };
    const work = assignment.work.plugin;
    const copy = assignment.plugin;
    if (copy === undefined) {
      const message = `the server did not say which version of the plugin ${work.name} is to be run: it was removed, or the server is an older one`;
      return { outcome: "failed", error: { message, kind: "unknown_plugin" }, retryable: false, durationMs: 0 };
    }
    const { hasGpus, settings } = this.#options.place;
    const env = attemptEnv(assignment, work.env, { hasGpus });
    if (Object.values(env).some((text) => text.includes("\0"))) {
      const message = "its env holds a NUL character, which no program can be given; remove it";
      return { outcome: "failed", error: { message, kind: "start" }, retryable: false, durationMs: 0 };
    }
    const sandbox: SandboxWish | undefined = work.sandbox ?? copy.sandbox;
    const kind = runnerKind(this.#place, {
      copy,
      venv: work.venv ?? copy.venv,
      sandbox,
      devices: env["CUDA_VISIBLE_DEVICES"],
      onWait: (why) => context.log("log", `the plugin ${copy.name} is waited for: ${why}\n`),
    });
    const output = new OutputCap(work.maxOutput ?? OUTPUT_BYTES_MAX, (stream, data) => context.log(stream, data));
    const request: CallRequest = {
      action: work.action,
      args: work.args,
      kwargs: work.kwargs,
      env,
      task: taskSaid(context),
      inputs: context.inputsDir,
    };
    const begun = performance.now();
    const end = await this.#call(kind, request, context, output, {
      graceMs: work.grace ?? settings.killGraceMs ?? GRACE_MS,
      isInSandbox: sandbox !== undefined,
    });
    output.end();
    const stopped = context.signal.aborted ? stoppedOutcome(context.signal) : undefined;
    const { action } = work;
    const lastError = output.lastErrorLine();
    const report = endReport(end, { copy, action, stopped, memory: sandbox?.memory, lastError });
    report.durationMs ??= Math.round((performance.now() - begun) * 1000) / 1000;
    return report;
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#adapters.close()]);
  }

  async #call(
    kind: ReturnType<typeof runnerKind>,
    request: CallRequest,
    context: AttemptContext,
    output: OutputCap,
    { graceMs, isInSandbox }: { graceMs: number; isInSandbox: boolean },
  ): Promise<CallEnd> {
    const { signal } = context;
    const sink: CallSink = {
      output: (stream, bytes) => output.write(stream, bytes),
      log: (text) => output.say(text),
      progress: (value, message) => context.progress(value, message),
      ask: (question) =>
        answerAttempt(question, context, { callAdapter: (wish) => this.callAdapter(wish, context, 1), isInSandbox }),
    };
    const call = this.#pool.call(kind, request, sink);
    const stop = (): void => call.stop(String(signal.reason), graceMs);
    signal.addEventListener("abort", stop, { once: true });
    const end = await call.end;
    signal.removeEventListener("abort", stop);
    return end;
  }
}

function taskSaid({ assignment }: AttemptContext): TaskSaid {
  const { id, attempt, name, type, arm, run, schedule } = assignment;
  return { id, attempt, type, arm, name, run, schedule };
}
