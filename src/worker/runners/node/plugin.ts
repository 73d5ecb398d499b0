/** The plugin's module, imported by the first call that needs it, and the functions in it that can be called. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface RunnerSettings {
  name: string;
  folder: string;
  entry: string;
  /** Descriptors of the messages from the worker, and to it. */
  control: number;
  answers: number;
  /** In a sandbox: the worker opens no file on behalf of code that may not open it itself. */
  sendsFiles?: boolean;
}

export type Action = (...args: unknown[]) => unknown;

export class Plugin {
  readonly settings: RunnerSettings;
  readonly #actions = new Map<string, Action>();
  #exports: Record<string, unknown> | undefined;

  constructor(settings: RunnerSettings) {
    this.settings = settings;
  }

  get isLoaded(): boolean {
    return this.#exports !== undefined;
  }

  /** At once when it is known, so that a call costs no turn. */
  find(name: string): Action | undefined {
    return this.#actions.get(name);
  }

  async load(name: string): Promise<Action> {
    const { folder, entry } = this.settings;
    this.#exports ??= (await import(pathToFileURL(join(folder, entry)).href)) as Record<string, unknown>;
    const action = this.#look(name);
    if (typeof action !== "function" || name.startsWith("_")) throw this.#unknown(name, action);
    this.#actions.set(name, action as Action);
    return action as Action;
  }

  /** A named export; or what the default export has by that name, which for CommonJS is all there is. */
  #look(name: string): unknown {
    const exports = this.#exports!;
    if (Object.hasOwn(exports, name)) return exports[name];
    const { default: whole } = exports;
    if (typeof whole === "function" && name === "main") return whole;
    if (typeof whole !== "object" || whole === null || !(name in whole)) return undefined;
    const own = (whole as Record<string, unknown>)[name];
    return typeof own === "function" ? (own as Action).bind(whole) : own;
  }

  #unknown(name: string, found: unknown): Error {
    const exports = this.#exports!;
    const inner = typeof exports["default"] === "object" && exports["default"] !== null ? exports["default"] : {};
    const known = Object.entries({ ...inner, ...exports }).filter(
      ([key, value]) => typeof value === "function" && !key.startsWith("_"),
    );
    const names = known.map(([key]) => (key === "default" ? "main" : key));
    const list = [...new Set(names)].filter((key) => key !== "module.exports").join(", ") || "none";
    const what =
      found === undefined ? `exports no function ${name}` : `exports ${name} as a ${typeof found}, no function`;
    return Object.assign(new Error(`the plugin ${this.settings.name} ${what}; it has: ${list}`), {
      name: "UnknownAction",
    });
  }
}
