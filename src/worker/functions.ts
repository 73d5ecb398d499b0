/** Functions that `call` tasks may name: registered by a program, or the exports of a user's modules. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { FunctionContext } from "./function-context.ts";

export type RegisteredFunction = (input: never, context: FunctionContext) => unknown;

/** A typed task, as far as a worker looks at it: a named function in an object. */
interface RunnableTask {
  readonly name: string;
  readonly isRunnable: boolean;
  run(input: Json, context: FunctionContext): unknown;
}

export class FunctionRegistry {
  readonly #functions = new Map<string, (input: Json, context: FunctionContext) => unknown>();
  readonly #modules = new Set<string>();

  /** Registers a function under a name; the name must be free. */
  register(name: string, run: RegisteredFunction): void {
    if (!/^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/.test(name)) {
      throw new OctopusError("invalid", `a function's name must begin with a letter or _, not ${JSON.stringify(name)}`);
    }
    if (typeof run !== "function") throw new OctopusError("invalid", `${name} must be a function, not a ${typeof run}`);
    if (this.#functions.has(name)) throw new OctopusError("conflict", `two functions are named ${name}`);
    this.#functions.set(name, run as (input: Json, context: FunctionContext) => unknown);
  }

  /** As `register`, in place of whatever had the name before. */
  replace(name: string, run: RegisteredFunction): void {
    this.#functions.delete(name);
    this.register(name, run);
  }

  get(name: string): ((input: Json, context: FunctionContext) => unknown) | undefined {
    return this.#functions.get(name);
  }

  names(): string[] {
    return [...this.#functions.keys()];
  }

  /**
   * Registers every function that the module at `path` exports, under its export name, and every typed task, under its
   * own. A module named twice counts once.
   */
  async load(path: string): Promise<void> {
    const url = pathToFileURL(resolve(path)).href;
    if (this.#modules.has(url)) return;
    this.#modules.add(url);
    let exports: Record<string, unknown>;
    try {
      exports = (await import(url)) as Record<string, unknown>;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new OctopusError("invalid", `could not load the functions module ${path}: ${reason}`, { cause });
    }
    const functions = Object.entries(exports).filter(
      ([name, value]) => typeof value === "function" && name !== "default",
    );
    const tasks = Object.values(exports).filter(isRunnableTask);
    if (functions.length + tasks.length === 0)
      throw new OctopusError("invalid", `the functions module ${path} exports no function and no task`);
    for (const task of tasks) this.register(task.name, (input: Json, context) => task.run(input, context));
    for (const [name, run] of functions) this.register(name, run as RegisteredFunction);
  }
}

function isRunnableTask(value: unknown): value is RunnableTask {
  if (typeof value !== "object" || value === null) return false;
  const { name, isRunnable, run } = value as Partial<RunnableTask>;
  return typeof name === "string" && isRunnable === true && typeof run === "function";
}
