/**
 * A pipeline as a person submits it: stages, the models that may do each, a strategy, and budgets. What comes out is whole
 * and is kept as the definition of the run; `workflow/pipeline.ts` plans by it.
 */
import { z } from "zod";
import type { Json } from "../base/words.ts";
import { Duration, Name, Priority } from "./common.ts";
import { JsonValue } from "./json.ts";
import { suggestKeys } from "./parse.ts";

/** How the models of a stage are used; docs/guide/pipelines.md gives the rules of each. */
export const PIPELINE_STRATEGIES = [
  "LOCAL_FAST_PRECISE", // what is near and quick first, what is precise when that is not sure enough
  "PARALLEL_ENSEMBLE", // all at once; they vote
  "SEQUENTIAL_VALIDATION", // the first makes, the others check, one after the other
  "COST_OPTIMIZED", // the cheapest first, a dearer one when that is not sure enough
  "QUALITY_FIRST", // the best that the budget allows
] as const;
export type PipelineStrategy = (typeof PIPELINE_STRATEGIES)[number];

/** How the outputs of an ensemble become one. */
export const COMBINES = ["vote", "mean", "all"] as const;
export type Combine = (typeof COMBINES)[number];

/** Tasks of one pipeline at most: stages times models. */
const TRIES_MAX = 1000;

const AMOUNT_FORM = "must be a number from 0";
const Amount = z.number({ error: AMOUNT_FORM }).min(0, { error: AMOUNT_FORM }).max(1e12, { error: AMOUNT_FORM });
const SHARE_FORM = "must be a number from 0 to 1";
const Share = z.number({ error: SHARE_FORM }).min(0, { error: SHARE_FORM }).max(1, { error: SHARE_FORM });
const Span = Duration.refine((ms) => ms > 0, { error: "must be longer than nothing" });

/** What can do a stage, and what that takes. */
export const ModelSubmission = z
  .strictObject({
    /** The function that runs it. Default: `model:` and its name. */
    call: Name.optional(),
    /** In place of a function: the URL that the request is posted to, as JSON; the body of the answer is the output. */
    http: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }).optional(),
    /** What one try costs, in whatever unit `maxCost` is in. */
    cost: Amount.default(0),
    /** How long a try usually takes. */
    latency: Duration.default(0),
    /** How good it is, 0 to 1. */
    quality: Share.default(0.5),
    /** It runs here, not at somebody else's. */
    local: z.boolean().default(false),
    arm: Name.optional(),
    /** Longest time of one try. */
    timeout: Span.optional(),
    /** Tries after the first; each is counted at full cost before the first one starts. */
    retries: z.int().min(0).max(100).default(0),
  })
  .refine((model) => model.call === undefined || model.http === undefined, {
    error: "must have only one of call, http",
  })
  .meta({ id: "PipelineModel" });
export type ModelSubmission = z.input<typeof ModelSubmission>;

const STAGE_FORM = "must be 1 to 80 characters without /";

const StageSubmission = z.strictObject({
  name: z.string({ error: STAGE_FORM }).regex(/^[^/]{1,80}$/, { error: STAGE_FORM }),
  model: Name.optional(),
  /** Default: every model there is. */
  models: z.array(Name).min(1).max(64).optional(),
  /** An output that is less sure than this is not enough. Default 0.7. */
  confidence: Share.default(0.7),
  /** For PARALLEL_ENSEMBLE: the weighted majority, the weighted mean of numbers, or a list of all outputs. */
  combine: z.enum(COMBINES).default("vote"),
});

/** A model after validation. */
export interface PipelineModel {
  name: string;
  call?: string | undefined;
  http?: string | undefined;
  cost: number;
  latencyMs: number;
  quality: number;
  local: boolean;
  arm?: string | undefined;
  timeoutMs?: number | undefined;
  retries: number;
}

/** A stage after validation. */
export interface PipelineStage {
  name: string;
  /** In the order given. */
  models: string[];
  confidence: number;
  combine: Combine;
}

/** A pipeline after validation. */
export interface PipelineSpec {
  id: string;
  strategy: PipelineStrategy;
  stages: PipelineStage[];
  models: Record<string, PipelineModel>;
  maxTimeMs?: number | undefined;
  maxCost?: number | undefined;
  priority?: number | undefined;
  arm?: string | undefined;
  owner?: string | undefined;
  input: Json;
}

export const PipelineSubmission = z
  .strictObject({
    /** Its name: runs of it are listed as the workflow of this name. */
    id: Name.default("pipeline"),
    stages: z.array(StageSubmission).min(1).max(100),
    strategy: z.enum(PIPELINE_STRATEGIES).default("LOCAL_FAST_PRECISE"),
    models: z.record(Name, ModelSubmission).default({}),
    /** Longest time from submission to end; what runs then is cancelled. */
    maxTime: Span.optional(),
    /** What all tries together may cost; one that would go beyond it is not started. */
    maxCost: Amount.optional(),
    priority: Priority.optional(),
    arm: Name.optional(),
    owner: Name.optional(),
    input: JsonValue.optional(),
  })
  .transform((given, context): PipelineSpec => {
    const { stages, models, maxTime, maxCost, priority, arm, owner, input, id, strategy } = given;
    const all = Object.keys(models);
    const issue = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    const names = new Set<string>();
    const made = stages.map(({ name, model, models: listed, confidence, combine }, i): PipelineStage => {
      if (names.has(name)) issue(["stages", i, "name"], "must not be the name of another stage");
      names.add(name);
      if (model !== undefined && listed !== undefined) issue(["stages", i], "must have only one of model, models");
      const used = model === undefined ? [...(listed ?? all)] : [model];
      if (used.length === 0) issue(["stages", i], "has no model: name one, and say in models what it is");
      if (new Set(used).size < used.length) issue(["stages", i, "models"], "must not name a model twice");
      const path = (k: number): (string | number)[] => (model === undefined ? ["models", k] : ["model"]);
      for (const [k, one] of used.entries()) {
        if (Object.hasOwn(models, one)) continue;
        const known = all.length === 0 ? "there are none" : `there are ${all.join(", ")}`;
        issue(["stages", i, ...path(k)], `must be the name of a model: ${known}`);
      }
      return { name, models: used, confidence, combine };
    });
    const tries = made.reduce((sum, stage) => sum + stage.models.length, 0);
    if (tries > TRIES_MAX) issue(["stages"], `must need at most ${TRIES_MAX} tries (models of all stages)`);
    return {
      ...{ id, strategy, stages: made, input: input ?? null },
      models: Object.fromEntries(
        Object.entries(models).map(([name, { latency, timeout, call, http, arm: lane, ...rest }]) => {
          const does = http === undefined ? { call: call ?? modelFunction(name) } : { http };
          const limits = {
            ...(timeout !== undefined && { timeoutMs: timeout }),
            ...(lane !== undefined && { arm: lane }),
          };
          return [name, { name, ...does, ...rest, latencyMs: latency, ...limits }];
        }),
      ),
      ...(maxTime !== undefined && { maxTimeMs: maxTime }),
      ...(maxCost !== undefined && { maxCost }),
      ...(priority !== undefined && { priority }),
      ...(arm !== undefined && { arm }),
      ...(owner !== undefined && { owner }),
    };
  })
  .meta({ id: "PipelineSubmission" });
export type PipelineSubmission = z.input<typeof PipelineSubmission>;

/** The function that runs the model of that name unless it says otherwise. */
export function modelFunction(model: string): string {
  return `model:${model}`;
}

suggestKeys(["stages", "strategy", "models", "model", "maxTime", "maxCost", "confidence", "combine", "latency"]);
suggestKeys(["quality", "local", "cost"]);

/** One try of a model. */
export const PipelineTry = z.object({
  model: z.string(),
  /** Name of its task in the run. */
  task: z.string(),
  state: z.string(),
  cost: z.number(),
  confidence: z.number().optional(),
  durationMs: z.int().optional(),
  error: z.string().optional(),
});
export type PipelineTry = z.infer<typeof PipelineTry>;

/** What became of a stage. */
export const PipelineStageResult = z.object({
  name: z.string(),
  state: z.enum(["done", "failed", "stopped", "not_reached"]),
  output: JsonValue.optional(),
  /** The models whose output it is. */
  by: z.array(z.string()),
  confidence: z.number().optional(),
  spent: z.number(),
  tries: z.array(PipelineTry),
  /** Models that were not tried, and why. */
  leftOut: z.array(z.object({ model: z.string(), why: z.string() })),
});
export type PipelineStageResult = z.infer<typeof PipelineStageResult>;

/** The result of a pipeline, however it ended. */
export const PipelineResult = z
  .object({
    pipeline: z.string(),
    strategy: z.enum(PIPELINE_STRATEGIES),
    state: z.enum(["succeeded", "failed", "cancelled"]),
    reason: z.string().optional(),
    /** Output of the last stage; there when every stage is done. */
    output: JsonValue.optional(),
    /** Output of the last stage that was done, when not all are. */
    partial: JsonValue.optional(),
    /** Costs of all tries: what they reported, or what their models declare. */
    spent: z.number(),
    maxCost: z.number().optional(),
    elapsedMs: z.int(),
    maxTimeMs: z.int().optional(),
    stages: z.array(PipelineStageResult),
  })
  .meta({ id: "PipelineResult" });
export type PipelineResult = z.infer<typeof PipelineResult>;
