/** The work of a task that is tried again with another input: what the input of each kind is. */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { Work } from "../protocol/task.ts";

type Mapping = { [key: string]: Json };

/** Throws `invalid` for an input that this work cannot have. */
export function changedWork(work: Work, input: Json): Work {
  switch (work.kind) {
    case "call":
      return { ...work, input };
    case "http":
      return { kind: "http", http: { ...work.http, body: input } };
    case "shell":
      return { kind: "shell", shell: { ...work.shell, env: { ...work.shell.env, ...envOf(input, "command") } } };
    case "docker":
      return { kind: "docker", docker: { ...work.docker, env: { ...work.docker.env, ...envOf(input, "container") } } };
    case "wasm":
      return { kind: "wasm", wasm: { ...work.wasm, env: { ...work.wasm.env, ...envOf(input, "module") } } };
    case "plugin": {
      const { name, action } = work.plugin;
      if (Array.isArray(input)) return { kind: "plugin", plugin: { ...work.plugin, args: input } };
      const kwargs = mappingOf(
        input,
        `must be a list of values in order, or a mapping of values by name: ${name} ${action} is a plugin`,
      );
      return { kind: "plugin", plugin: { ...work.plugin, kwargs } };
    }
    case "custom": {
      const given = mappingOf(input, `must be a mapping: it is what the executor ${work.custom.uses} gets as with`);
      return { kind: "custom", custom: { ...work.custom, with: given } };
    }
    default:
      throw refusal(
        "input",
        work.kind === "each" && work.each.workers === true
          ? "must not be given: each worker has a task of its own; submit another one, or retry one of these"
          : "must not be given: what the task works with stands in its workflow; retry the run with other params",
      );
  }
}

function mappingOf(input: Json, otherwise: string): Mapping {
  if (typeof input !== "object" || input === null || Array.isArray(input)) throw refusal("input", otherwise);
  return input;
}

function envOf(input: Json, what: string): Record<string, string> {
  const given = mappingOf(input, `must be an object of environment variables: the task runs a ${what}`);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || typeof value === "object")
      throw refusal(`input.${name}`, "must be text, a number or a boolean under the name of an environment variable");
    env[name] = String(value);
  }
  return env;
}

function refusal(path: string, message: string): OctopusError {
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
