/**
 * What attempts do in a simulated worker. Calls go through the production executor to functions made here; shell and HTTP
 * tasks have a stand-in that keeps the contract of the executor port (X1 to X3) and takes virtual time.
 */
import type { Json, TaskKind } from "../../src/base/words.ts";
import type { AttemptReport } from "../../src/protocol/link.ts";
import type { AttemptContext, Executor } from "../../src/worker/executor.ts";
import { createCallExecutor } from "../../src/worker/executors/call.ts";
import { stoppedOutcome } from "../../src/worker/executors/stopped.ts";
import type { FunctionContext } from "../../src/worker/function-context.ts";
import { FunctionRegistry } from "../../src/worker/functions.ts";
import type { SimProcess } from "./process.ts";
import { type Behaviour, behaviourOf, type Echo, FUNCTIONS, type List } from "./work.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

/** Larger than what the engine keeps in the row. */
const LARGE = "x".repeat(400);

export interface Executors {
  list: Executor[];
  functions: () => string[];
}

export function createExecutors(world: World, witness: Witness, process: SimProcess, worker: string): Executors {
  const functions = new FunctionRegistry();
  for (const how of FUNCTIONS) {
    functions.register(how, (input: Json, context: FunctionContext) => {
      if (how === "note") return takeNote(world, input);
      if (how === "list") return makeList(process, input as unknown as List, context);
      if (how === "echo") return echo(process, input as unknown as Echo, context);
      return callFunction(world, process, { how, ms: Number(input) }, context);
    });
  }
  const kinds: Executor[] = [
    createCallExecutor(functions),
    { kind: "shell", execute: (context) => stand(world, process, context) },
    { kind: "http", execute: (context) => stand(world, process, context) },
  ];
  const list = kinds.map((executor): Executor => witnessed(executor.kind, executor, witness, worker));
  return { list, functions: () => functions.names() };
}

/** Tells the witness of each attempt that begins, and how it ends. */
function witnessed(kind: TaskKind, executor: Executor, witness: Witness, worker: string): Executor {
  return {
    kind,
    async execute(context) {
      const { task, attempt } = context.assignment;
      witness.began(worker, task, attempt);
      const report = await executor.execute(context);
      witness.reported(worker, { task, attempt }, report);
      return report;
    },
  };
}

/** Waits for `ms`, or for the signal. */
function wait(process: SimProcess, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = process.after(ms, resolve);
    signal.addEventListener("abort", () => {
      cancel();
      resolve();
    });
  });
}

function released(world: World, process: SimProcess): Promise<void> {
  return new Promise((resolve) => {
    if (world.healed) resolve();
    else world.onHeal(() => process.enter(resolve));
  });
}

async function stand(world: World, process: SimProcess, context: AttemptContext): Promise<AttemptReport> {
  const { how, ms } = behaviourOf(context.assignment.work);
  const { signal } = context;
  const isHttp = context.assignment.work.kind === "http";
  context.log("stdout", "on its way\n");
  if (how === "hang" && !world.healed) {
    await Promise.race([released(world, process), new Promise((resolve) => signal.addEventListener("abort", resolve))]);
  } else await wait(process, ms, signal);
  if (signal.aborted) {
    // It takes a while to die.
    await new Promise<void>((resolve) => process.after(world.prng.int(200), resolve));
    return { outcome: stoppedOutcome(signal), error: { message: "it was stopped" } };
  }
  const report = reportOf(world, how, ms);
  if (isHttp && report.outcome === "failed") return { ...report, status: world.prng.pick([429, 500, 503]) };
  // What a command took of a processor is charged to its owner.
  return isHttp ? report : { ...report, cpuMs: ms };
}

function reportOf(world: World, how: Behaviour["how"], ms: number): AttemptReport {
  switch (how) {
    case "fail":
      return failed(1, ms);
    case "flaky":
      return world.prng.chance(0.5) ? failed(2, ms) : { outcome: "succeeded", exitCode: 0, durationMs: ms };
    case "later":
      return world.prng.chance(0.5)
        ? failed(75, ms)
        : { outcome: "failed", retryAfterMs: 700, error: { message: "busy" } };
    case "skip":
      return { outcome: "succeeded", exitCode: 99, durationMs: ms };
    case "large":
      return { outcome: "succeeded", result: LARGE, durationMs: ms };
    default:
      return { outcome: "succeeded", exitCode: 0, durationMs: ms };
  }
}

function failed(exitCode: number, durationMs: number): AttemptReport {
  return { outcome: "failed", exitCode, durationMs, error: { message: `exit code ${exitCode}`, kind: "exit" } };
}

/** Its result tells what it was asked, and nothing else. */
async function echo(process: SimProcess, { n, ms, fails }: Echo, { signal, task }: FunctionContext): Promise<Json> {
  await wait(process, ms, signal);
  if (signal.aborted) throw new Error("stopped");
  if (fails && task.attempt === 1) throw new Error("not at first");
  return { n };
}

async function makeList(process: SimProcess, { n, ms }: List, { signal }: FunctionContext): Promise<Json> {
  await wait(process, ms, signal);
  if (signal.aborted) throw new Error("stopped");
  return Array.from({ length: n }, (_, index) => index);
}

/** The target of callbacks: it gets news. */
async function takeNote(world: World, input: Json): Promise<Json> {
  const { type, task } = input as { type?: string; task?: { id?: string } };
  const isNews = type?.startsWith("task.") === true && typeof task?.id === "string";
  world.demand(isNews, () => `V14: a function was told ${JSON.stringify(input)?.slice(0, 200)}, which is no news`);
  return null;
}

async function callFunction(
  world: World,
  process: SimProcess,
  does: Behaviour,
  context: FunctionContext,
): Promise<Json> {
  const { how, ms } = does;
  switch (how) {
    case "hang":
      if (world.healed) return null;
      await Promise.race([
        released(world, process),
        new Promise((resolve) => context.signal.addEventListener("abort", resolve)),
      ]);
      if (context.signal.aborted) throw new Error("stopped");
      return null;
    case "deaf":
      // Never looks at its signal; the agent has to let go of it.
      await released(world, process);
      return null;
    case "chatty":
      for (let step = 1; step <= 3; step++) {
        context.log(`step ${step}`);
        context.progress(step / 3, `step ${step}`);
        await new Promise<void>((resolve) => process.after(ms / 3, resolve));
      }
      return 3;
    default:
      await wait(process, ms, context.signal);
      if (context.signal.aborted) throw new Error("stopped");
      if (how === "fail" || (how === "flaky" && world.prng.chance(0.5))) throw new Error("it failed");
      return how === "large" ? LARGE : ms;
  }
}
