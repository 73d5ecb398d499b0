/** The settings of an adapter as its plugin gets them: `{env: NAME}` in them is read from the worker's environment. */
import { WITHHELD } from "../attempt-env.ts";
import { AdapterError } from "./adapters.ts";

export function settingsOf(
  adapter: string,
  given: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, unknown> {
  const read = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(read);
    const name = variableIn(value);
    return name === undefined ? mapped(value, read) : valueOf(adapter, name, env);
  };
  return mapped(given, read);
}

function mapped(object: object, read: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, read(value)]));
}

/** An object with `env` alone, and a text in it, stands for a variable. */
function variableIn(value: object): string | undefined {
  const [only, ...more] = Object.entries(value);
  return only?.[0] === "env" && more.length === 0 && typeof only[1] === "string" ? only[1] : undefined;
}

function valueOf(adapter: string, name: string, env: NodeJS.ProcessEnv): string {
  if (WITHHELD.test(name))
    throw new AdapterError(
      `the adapter ${adapter} asks for ${name}, a secret of Octopus itself, which nobody is given`,
    );
  const value = env[name];
  if (value !== undefined) return value;
  throw new AdapterError(
    `the adapter ${adapter} takes ${name} from the environment of the worker, where it is not set: ` +
      "start this worker with it, or write the value into the configuration of the server",
  );
}
