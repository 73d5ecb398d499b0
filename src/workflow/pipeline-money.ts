/**
 * What the tries of a pipeline have cost, and whether one more is within its budgets.
 *
 * M1  By declared costs the budget is never exceeded: what runs counts at its full declared cost, all its retries included,
 *     until it has ended.
 * M2  Enough is kept back for the cheapest way through the stages to come, in time and in money: nothing is spent on a
 *     pipeline that could not be finished.
 */
import { isEnded, type Json, type TaskState } from "../base/words.ts";
import type { PipelineModel, PipelineSpec, PipelineStage } from "../protocol/pipeline.ts";

/** A task of the run, as far as a planner looks at it. */
export interface TriedTask {
  name: string;
  state: TaskState;
  attempt: number;
  result?: Json | undefined;
  error?: { message: string; kind?: string | undefined } | undefined;
  startedAt?: number | undefined;
  endedAt?: number | undefined;
}

/** One try of a model for a stage, read from its task. */
export interface Try {
  model: PipelineModel;
  task: TriedTask;
  ended: boolean;
  succeeded: boolean;
  /** What it said, when it succeeded. */
  output?: Json | undefined;
  confidence?: number | undefined;
  /** For a model that validates: whether the candidate may go on, and why not. */
  valid?: boolean | undefined;
  reason?: string | undefined;
  /** It gave an output of its own. */
  hasOutput: boolean;
  /** What it has cost so far; while it runs, what it may cost. */
  cost: number;
}

/** Sums of decimal fractions are off by this much at most. */
const EPSILON = 1e-9;

/** Most that trying this model can cost. */
export function fullCost(model: PipelineModel): number {
  return model.cost * (1 + model.retries);
}

export function readTry(model: PipelineModel, task: TriedTask): Try {
  const ended = isEnded(task.state);
  const succeeded = task.state === "succeeded";
  const said = succeeded ? readResult(model, task.result) : { hasOutput: false };
  const attempts = task.attempt;
  let cost = Math.max(fullCost(model), attempts * model.cost);
  if (ended) cost = said.cost === undefined ? attempts * model.cost : (attempts - 1) * model.cost + said.cost;
  return { model, task, ended, succeeded, ...said, cost: Math.max(0, cost) };
}

type Said = Pick<Try, "output" | "confidence" | "valid" | "reason" | "hasOutput"> & { cost?: number };

/** A plain output, or `{output, cost, confidence, valid, reason}`; any of these may be left out, but one must be `output` or `valid`. */
function readResult(model: PipelineModel, result: Json | undefined): Said {
  const raw = model.http === undefined ? result : (result as { body?: Json } | null | undefined)?.body;
  const value = raw ?? null;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { output: value, hasOutput: true };
  const hasOutput = Object.hasOwn(value, "output");
  if (!hasOutput && typeof value["valid"] !== "boolean") return { output: value, hasOutput: true };
  const said: Said = { hasOutput };
  if (hasOutput) said.output = value["output"]!;
  const { cost, confidence, valid, reason } = value;
  if (isAmount(cost)) said.cost = cost;
  if (isAmount(confidence)) said.confidence = Math.min(1, confidence);
  if (typeof valid === "boolean") said.valid = valid;
  if (typeof reason === "string") said.reason = reason;
  return said;
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** The least that a stage takes, in money and in time. */
function least(pipeline: PipelineSpec, stage: PipelineStage): { cost: number; latencyMs: number } {
  const models = stage.models.map((name) => pipeline.models[name]!);
  const costs = models.map(fullCost);
  const latencies = models.map(({ latencyMs }) => latencyMs);
  const pick = pipeline.strategy === "SEQUENTIAL_VALIDATION" ? sum : (values: number[]) => Math.min(...values);
  return { cost: pick(costs), latencyMs: pick(latencies) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** What is left of the budgets at one moment of a pipeline. */
export class Purse {
  readonly #pipeline: PipelineSpec;
  readonly #deadline: number;
  #spent: number;
  /** What the stages after the one looked at need at least. */
  #keptCost = 0;
  #keptMs = 0;

  /** `spent` counts all tries that have begun; `stage` is the one that is being done, `rest` what of it must still follow. */
  constructor(
    pipeline: PipelineSpec,
    createdAt: number,
    spent: number,
    stage: number,
    rest: readonly PipelineModel[] = [],
  ) {
    this.#pipeline = pipeline;
    this.#deadline = pipeline.maxTimeMs === undefined ? Infinity : createdAt + pipeline.maxTimeMs;
    this.#spent = spent;
    for (const later of pipeline.stages.slice(stage + 1)) {
      const { cost, latencyMs } = least(pipeline, later);
      this.#keptCost += cost;
      this.#keptMs += latencyMs;
    }
    this.#keptCost += sum(rest.map(fullCost));
    this.#keptMs += sum(rest.map(({ latencyMs }) => latencyMs));
  }

  /** Why this model must not be started at `now`, or undefined. */
  refuses(model: PipelineModel, now: number): string | undefined {
    const { maxCost } = this.#pipeline;
    const cost = fullCost(model);
    const kept = this.#keptCost;
    if (maxCost !== undefined && this.#spent + cost + kept > maxCost + EPSILON) {
      const left = round(Math.max(0, maxCost - this.#spent));
      const later = kept > 0 ? `, of which the stages to come need ${round(kept)}` : "";
      return `it costs ${round(cost)}, and ${left} of maxCost ${maxCost} is left${later}`;
    }
    const leftMs = this.#deadline - now;
    if (model.latencyMs + this.#keptMs > leftMs) {
      const later = this.#keptMs > 0 ? `, of which the stages to come need ${this.#keptMs} ms` : "";
      return `it takes ${model.latencyMs} ms, and ${Math.max(0, leftMs)} ms of maxTime are left${later}`;
    }
    return undefined;
  }

  /** A model is being started: its cost is no longer there for others. */
  take(model: PipelineModel): void {
    this.#spent += fullCost(model);
  }
}

/** An amount as people read it. */
export function round(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
