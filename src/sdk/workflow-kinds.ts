/** Steps that run code from elsewhere: a plugin of the server, a container, a WebAssembly module, an executor of a worker's own. */
import type { Json } from "../base/words.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { None } from "./workflow-refs.ts";
import { type Fields, type Given, type ShellOutputs, type ShellOutputSpec, Step } from "./workflow-steps.ts";

type PluginForm = Omit<Exclude<TaskSubmission["plugin"], string | undefined>, "name" | "args" | "kwargs" | "env">;
type DockerForm = Omit<
  Exclude<TaskSubmission["docker"], string | undefined>,
  "image" | "command" | "env" | "stdin" | "outputs"
>;
type WasmForm = Omit<
  Exclude<TaskSubmission["wasm"], string | undefined>,
  "module" | "args" | "env" | "stdin" | "outputs"
>;

type EnvGiven = Record<string, Given<string> | Given<number> | Given<boolean>>;

/** How a plugin is called. */
export interface PluginOptions extends PluginForm {
  /** Values in order. */
  args?: Given<readonly unknown[]>;
  /** Values by name. */
  kwargs?: Given<Record<string, unknown>>;
  env?: EnvGiven;
}

/**
 * A function of a plugin, `main` unless `action` says another one: `plugin("report", { args: [day] })`. `report@3` is its third
 * version for good.
 */
export function plugin<Result = Json>(name: string, options: PluginOptions = {}): Step<Result, Fields<Result>> {
  return new Step({ plugin: Object.keys(options).length === 0 ? name : { name, ...options } });
}

/** What a container or a module leaves, by name. */
type Left<D> = [D] extends [never] ? Record<string, string> : ShellOutputs<D>;

/** How a container runs. */
export interface DockerOptions<D> extends DockerForm {
  /** Text is for `/bin/sh -c` in the container, and holds no values: these come by `env`. A list is a program and its arguments. */
  command?: string | readonly Given<string>[];
  env?: EnvGiven;
  stdin?: Given<string>;
  outputs?: D;
}

/** A container. */
export function docker<const D extends Record<string, ShellOutputSpec> = never>(
  image: Given<string>,
  options: DockerOptions<D> = {},
): Step<Left<D>, Left<D>> {
  const { outputs, ...form } = options;
  return new Step({ docker: Object.keys(form).length === 0 ? image : { image, ...form }, outputs });
}

/** What a module is given. */
export interface WasmOptions<D> extends WasmForm {
  args?: Given<readonly string[]>;
  env?: EnvGiven;
  stdin?: Given<string>;
  outputs?: D;
}

/** A WebAssembly module that the server has among its plugins. */
export function wasm<const D extends Record<string, ShellOutputSpec> = never>(
  module: string,
  options: WasmOptions<D> = {},
): Step<Left<D>, Left<D>> {
  const { outputs, ...form } = options;
  return new Step({ wasm: Object.keys(form).length === 0 ? module : { module, ...form }, outputs });
}

/** An executor that a worker was given, by its name, and what it gets. */
export function uses<Result = Json>(
  name: string,
  given?: Given<Record<string, unknown>>,
): Step<Result, Result extends object ? Fields<Result> : None> {
  return new Step({ uses: name, with: given });
}
