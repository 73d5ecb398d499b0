/**
 * The five strategies, each as a rule for one stage: given the tries so far, is it done, does it wait, has it failed, or
 * which models come next and in which order of preference. docs/guide/pipelines.md says the same in words.
 */
import { canonicalJson } from "../base/json.ts";
import type { Json } from "../base/words.ts";
import type { PipelineModel, PipelineStage, PipelineStrategy } from "../protocol/pipeline.ts";
import type { Try } from "./pipeline-money.ts";

export type Verdict =
  | { type: "done"; output: Json; by: string[]; confidence?: number | undefined }
  | { type: "wait" }
  | { type: "failed"; reason: string }
  /**
   * Start one of these (or `all` that the budget allows), the first that fits; when none fits, `otherwise` counts.
   * `inOrder`: they must all run, one after the other, so the first one must fit.
   */
  | { type: "start"; models: PipelineModel[]; how: "one" | "all" | "inOrder"; otherwise: Verdict };

/** `models` in the order given by the stage; `tries` in that order, too. */
type Decide = (stage: PipelineStage, models: readonly PipelineModel[], tries: readonly Try[]) => Verdict;

interface Rule {
  /** The order in which models are preferred. */
  order: (models: readonly PipelineModel[]) => readonly PipelineModel[];
  decide: Decide;
}

const nearFirst = (models: readonly PipelineModel[]): PipelineModel[] => [
  ...models.filter(({ local }) => local).toSorted((a, b) => a.latencyMs - b.latencyMs),
  ...models.filter(({ local }) => !local).toSorted((a, b) => b.quality - a.quality || a.cost - b.cost),
];
const cheapFirst = (models: readonly PipelineModel[]): PipelineModel[] =>
  models.toSorted((a, b) => a.cost - b.cost || b.quality - a.quality);
const bestFirst = (models: readonly PipelineModel[]): PipelineModel[] =>
  models.toSorted((a, b) => b.quality - a.quality || a.cost - b.cost);

/** One model after the other in the order of preference, until one is sure enough. */
function escalate(order: Rule["order"], isEnough: (tried: Try, stage: PipelineStage) => boolean): Rule {
  const decide: Decide = (stage, models, tries) => {
    if (tries.some(({ ended }) => !ended)) return { type: "wait" };
    const enough = tries.find((tried) => tried.succeeded && isEnough(tried, stage));
    if (enough !== undefined) return doneBy(enough);
    const tried = new Set(tries.map(({ model }) => model.name));
    const left = order(models).filter(({ name }) => !tried.has(name));
    const best = tries.filter(({ succeeded }) => succeeded).toSorted((a, b) => sureness(b) - sureness(a))[0];
    // What is not sure enough is still better than nothing.
    const otherwise = best === undefined ? nothing(tries) : doneBy(best);
    return left.length === 0 ? otherwise : { type: "start", models: left, how: "one", otherwise };
  };
  return { order, decide };
}

function isSure(tried: Try, stage: PipelineStage): boolean {
  return sureness(tried) >= stage.confidence;
}

/** A model that does not say how sure it is, is sure. */
function sureness({ confidence }: Try): number {
  return confidence ?? 1;
}

function doneBy({ output, model, confidence }: Try): Verdict {
  return { type: "done", output: output ?? null, by: [model.name], ...(confidence !== undefined && { confidence }) };
}

function nothing(tries: readonly Try[]): Verdict {
  if (tries.length === 0) return { type: "failed", reason: "no model is within the budget" };
  const said = tries.map(({ model, task }) => `${model.name}: ${task.error?.message ?? task.state}`);
  return { type: "failed", reason: `every model that was tried failed (${said.join("; ")})` };
}

/** All at once, and their outputs combined. */
const ensemble: Decide = (stage, models, tries) => {
  if (tries.length === 0) {
    return { type: "start", models: bestFirst(models), how: "all", otherwise: nothing(tries) };
  }
  if (tries.some(({ ended }) => !ended)) return { type: "wait" };
  const voices = tries.filter(({ succeeded }) => succeeded);
  return voices.length === 0 ? nothing(tries) : combine(stage, voices);
};

function weight(tried: Try): number {
  return tried.model.quality * sureness(tried);
}

function combine(stage: PipelineStage, voices: readonly Try[]): Verdict {
  const by = voices.map(({ model }) => model.name);
  const total = voices.reduce((sum, voice) => sum + weight(voice), 0);
  if (stage.combine === "all") return { type: "done", output: voices.map(({ output }) => output ?? null), by };
  if (stage.combine === "mean") {
    const odd = voices.find(({ output }) => typeof output !== "number");
    if (odd !== undefined)
      return { type: "failed", reason: `${odd.model.name} gave no number, which combine: mean needs` };
    // Models without any weight count alike.
    const share = (voice: Try): number => (total === 0 ? 1 / voices.length : weight(voice) / total);
    return { type: "done", output: voices.reduce((sum, v) => sum + share(v) * (v.output as number), 0), by };
  }
  const choices = new Map<string, { output: Json; by: string[]; weight: number; quality: number }>();
  for (const voice of voices) {
    const key = canonicalJson(voice.output);
    const choice = choices.get(key) ?? { output: voice.output ?? null, by: [], weight: 0, quality: 0 };
    choice.by.push(voice.model.name);
    choice.weight += weight(voice);
    choice.quality = Math.max(choice.quality, voice.model.quality);
    choices.set(key, choice);
  }
  const [won] = [...choices.values()].toSorted((a, b) => b.weight - a.weight || b.quality - a.quality);
  const confidence = total === 0 ? 1 / choices.size : won!.weight / total;
  return { type: "done", output: won!.output, by: won!.by, confidence };
}

/** The first makes a candidate, each one after it accepts, corrects or rejects it. */
const validation: Decide = (_stage, models, tries) => {
  let candidate: Json = null;
  const by: string[] = [];
  for (const [i, model] of models.entries()) {
    const tried = tries.find((one) => one.model === model);
    if (tried === undefined) {
      const reason = `${model.name} could not ${i === 0 ? "be started" : "validate"} within the budget`;
      return { type: "start", models: models.slice(i), how: "inOrder", otherwise: { type: "failed", reason } };
    }
    if (!tried.ended) return { type: "wait" };
    if (!tried.succeeded)
      return { type: "failed", reason: `${model.name} failed: ${tried.task.error?.message ?? tried.task.state}` };
    if (i > 0 && tried.valid === false && !tried.hasOutput)
      return {
        type: "failed",
        reason: `${model.name} rejected it${tried.reason === undefined ? "" : `: ${tried.reason}`}`,
      };
    if (i === 0 || tried.hasOutput) {
      candidate = tried.output ?? null;
      by.push(model.name);
    }
  }
  const confidence = Math.min(...tries.map(sureness));
  return { type: "done", output: candidate, by, confidence };
};

/** The candidate that the next validator gets: the newest output of those before it. */
export function candidateOf(tries: readonly Try[]): Json | undefined {
  return tries.findLast(({ hasOutput }) => hasOutput)?.output;
}

export const RULES: Readonly<Record<PipelineStrategy, Rule>> = {
  LOCAL_FAST_PRECISE: escalate(nearFirst, isSure),
  PARALLEL_ENSEMBLE: { order: bestFirst, decide: ensemble },
  SEQUENTIAL_VALIDATION: { order: (models) => models, decide: validation },
  COST_OPTIMIZED: escalate(cheapFirst, isSure),
  // A worse model would not be surer: only a failure leads on.
  QUALITY_FIRST: escalate(bestFirst, () => true),
};
