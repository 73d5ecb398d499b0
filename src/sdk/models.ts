/** Models: what pipelines are made of. Each is a function of this program, with what it costs and how good it is. */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { modelFunction, type ModelSubmission, type PipelineSubmission } from "../protocol/pipeline.ts";
import type { FunctionContext } from "../worker/function-context.ts";
import { ModelHandlerContext, type ModelInput } from "./handler-context.ts";

/** What a model's handler gets. */
export interface ModelContext extends FunctionContext {
  /** The pipeline's input. */
  readonly input: Json;
  /** Output of the stage before; undefined in the first. */
  readonly previous: Json | undefined;
  /** Outputs of all stages before, by name. */
  readonly outputs: Readonly<Record<string, Json>>;
  /** For SEQUENTIAL_VALIDATION: what is to be checked; undefined for the first model of a stage. */
  readonly candidate: Json | undefined;
  readonly stage: string;
  readonly model: string;
  readonly pipeline: string;
}

/**
 * Answers the output, or `{output, cost, confidence}` to say what it really cost and how sure it is (0 to 1). A validating model
 * answers `{valid, reason}`, with an `output` to correct the candidate.
 */
export type ModelHandler = (context: ModelContext) => unknown;

export interface ModelOptions extends Omit<ModelSubmission, "call" | "http"> {
  handler: ModelHandler;
}

export class Models {
  readonly #register: (name: string, run: (input: Json, context: FunctionContext) => unknown) => void;
  readonly #models = new Map<string, ModelSubmission>();

  constructor(register: (name: string, run: (input: Json, context: FunctionContext) => unknown) => void) {
    this.#register = register;
  }

  /**
   * Registers a model: what one try costs (in the unit of `maxCost`), how long it usually takes (`latency`), how good it is
   * (`quality`, 0 to 1), whether it is `local`, and the handler that does it. Throws `invalid` or, for a second one of that name, `conflict`.
   */
  register(name: string, options: ModelOptions): void {
    if (this.#models.has(name)) throw new OctopusError("conflict", `two models are named ${name}`);
    const { handler, ...about } = options;
    if (typeof handler !== "function")
      throw new OctopusError("invalid", `model ${name} needs a handler: a function, not a ${typeof handler}`);
    this.#register(modelFunction(name), (input, context) =>
      handler(new ModelHandlerContext(input as unknown as ModelInput, context)),
    );
    this.#models.set(name, about);
  }

  names(): string[] {
    return [...this.#models.keys()];
  }

  /** The submission with the registered models among its own, as far as its stages may use them. */
  complete(pipeline: PipelineSubmission): PipelineSubmission {
    const named = pipeline.stages.flatMap(({ model, models }) =>
      model === undefined ? (models ?? [undefined]) : [model],
    );
    const all = named.includes(undefined);
    const own = [...this.#models].filter(([name]) => all || named.includes(name));
    return { ...pipeline, models: { ...Object.fromEntries(own), ...pipeline.models } };
  }
}
