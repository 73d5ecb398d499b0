/**
 * Calls of adapters: each runs an action of a plugin in a process of its own, beside that of the caller, and ends with it.
 *
 * AR1  A call waits only for calls that are deeper than itself: each depth has processes of its own, so that no caller holds
 *      the process that it waits for.
 * AR2  What an adapter prints is in the log of the attempt that called it.
 */
import type { Json } from "../../base/words.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { SandboxWish } from "../../protocol/work/sandbox-parts.ts";
import { attemptEnv } from "../attempt-env.ts";
import type { AttemptContext } from "../executor.ts";
import { OutputCap } from "../executors/output-cap.ts";
import { stoppedOutcome } from "../executors/stopped.ts";
import type { CallSink } from "../runners/call.ts";
import { answerAttempt } from "../runners/answers.ts";
import { type RunnerPlace, runnerKind } from "../runners/kinds.ts";
import { type PoolOptions, RunnerPool } from "../runners/pool.ts";
import { endReport } from "../runners/report.ts";
import { AdapterError } from "./adapters.ts";
import { type AdapterDesk, type AdapterWish } from "./desk.ts";
import { settingsOf } from "./settings.ts";

/** Adapters that call adapters that call adapters … */
const DEPTH_MAX = 4;
const OUTPUT_BYTES_MAX = 1024 * 1024;
/** So many different ones may be at work for each slot: with fewer places they would end each other's processes in turns. */
const ADAPTERS_AT_ONCE = 4;
/** A function may end without waiting for its call: that one ends then, too. */
const CALL_MS_MAX = 3_600_000;

export interface AdapterRunsOptions {
  desk: AdapterDesk;
  runners: RunnerPlace;
  pool: PoolOptions;
  hasGpus: boolean;
  graceMs: number;
  /** What the server distributes. */
  plugins(): readonly PluginCopy[];
}

export class AdapterRuns {
  readonly #options: AdapterRunsOptions;
  readonly #pools: RunnerPool[] = [];
  #isClosed = false;

  constructor(options: AdapterRunsOptions) {
    this.#options = options;
  }

  /** What its action returns. Rejects with `AdapterError` when it cannot be called, fails, or has to stop. */
  async call(wish: AdapterWish, context: AttemptContext, depth: number): Promise<Json | undefined> {
    const { desk, runners, hasGpus } = this.#options;
    const { name, action, args, kwargs } = wish;
    const adapter = desk.find(name);
    if (depth > DEPTH_MAX || this.#isClosed) throw new AdapterError(this.#isClosed ? "the worker ends" : tooDeep(name));
    const copy = this.#pluginOf(name, adapter.plugin);
    const config = settingsOf(name, adapter.with);
    const sandbox: SandboxWish | undefined = copy.sandbox;
    const kind = runnerKind(runners, {
      copy,
      venv: copy.venv,
      sandbox,
      devices: undefined,
      onWait: (why) => context.log("log", `the adapter ${name} is waited for: ${why}\n`),
    });
    const output = new OutputCap(OUTPUT_BYTES_MAX, (_stream, data) => context.log("log", data));
    const sink: CallSink = {
      output: (stream, bytes) => output.write(stream, bytes),
      log: (text) => output.say(text),
      // How far the task is, is for the task to say.
      progress: () => undefined,
      ask: (question) =>
        answerAttempt(question, context, {
          callAdapter: (inner) => this.call(inner, context, depth + 1),
          isInSandbox: sandbox !== undefined,
        }),
    };
    const { id, attempt, type, arm, name: taskName, run } = context.assignment;
    const env = attemptEnv(context.assignment, undefined, { hasGpus });
    const task = { id, attempt, type, arm, name: taskName, run };
    const call = this.#pool(depth).call(kind, { action, args, kwargs, config, env, task }, sink);
    const stop = (): void => call.stop(String(context.signal.reason), this.#options.graceMs);
    context.signal.addEventListener("abort", stop, { once: true });
    if (context.signal.aborted) stop();
    const bound = setTimeout(() => call.stop("timed_out", this.#options.graceMs), CALL_MS_MAX).unref();
    const end = await call.end;
    clearTimeout(bound);
    context.signal.removeEventListener("abort", stop);
    output.end();
    const stopped = context.signal.aborted ? stoppedOutcome(context.signal) : undefined;
    const { memory } = sandbox ?? {};
    const report = endReport(end, { copy, action, stopped, memory, lastError: output.lastErrorLine() });
    if (report.outcome === "succeeded") return report.result;
    throw new AdapterError(`${name}.${action}: ${report.error?.message ?? `it was stopped (${report.outcome})`}`);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  #pluginOf(name: string, plugin: string): PluginCopy {
    const copy = this.#options.plugins().find((one) => one.name === plugin);
    if (copy !== undefined) return copy;
    throw new AdapterError(
      `the adapter ${name} is the plugin ${plugin}, which the server does not have: \`octopus plugins add\` adds it`,
    );
  }

  #pool(depth: number): RunnerPool {
    const { max, idleMs } = this.#options.pool;
    return (this.#pools[depth - 1] ??= new RunnerPool({ max: max * ADAPTERS_AT_ONCE, idleMs }));
  }
}

function tooDeep(name: string): string {
  return `the adapter ${name} was called by an adapter that was called by one, ${DEPTH_MAX} times: that is as deep as they may`;
}
