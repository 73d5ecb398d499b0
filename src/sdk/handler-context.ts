/**
 * What handlers get, made of what functions get: the parts that cost something (the signal, the task) are still made on
 * first use, so that a handler that takes only its input pays for nothing else.
 */
import type { Json } from "../base/words.ts";
import type { FunctionContext } from "../worker/function-context.ts";

export class HandlerContext<Input> implements FunctionContext {
  readonly input: Input;
  readonly #context: FunctionContext;

  constructor(input: Input, context: FunctionContext) {
    this.input = input;
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  get task(): FunctionContext["task"] {
    return this.#context.task;
  }

  get inputs(): string | undefined {
    return this.#context.inputs;
  }

  get adapters(): FunctionContext["adapters"] {
    return this.#context.adapters;
  }

  // Handlers take these apart: each works by itself.
  log = (text: string): void => this.#context.log(text);
  progress = (value: number, message?: string): void => this.#context.progress(value, message);
  artifact: FunctionContext["artifact"] = (path, content) => this.#context.artifact(path, content);
}

/** What the planner of pipelines puts into the input of a task; outputs are left out in the first stage. */
export interface ModelInput {
  input: Json;
  previous?: Json;
  outputs?: Readonly<Record<string, Json>>;
  candidate?: Json;
  stage: string;
  model: string;
  pipeline: string;
}

export class ModelHandlerContext extends HandlerContext<Json> {
  readonly previous: Json | undefined;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly candidate: Json | undefined;
  readonly stage: string;
  readonly model: string;
  readonly pipeline: string;

  constructor(handed: ModelInput, context: FunctionContext) {
    super(handed.input, context);
    this.previous = handed.previous;
    this.outputs = handed.outputs ?? {};
    this.candidate = handed.candidate;
    this.stage = handed.stage;
    this.model = handed.model;
    this.pipeline = handed.pipeline;
  }
}
