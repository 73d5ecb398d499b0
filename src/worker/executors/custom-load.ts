/** Executors of one's own out of modules. A module that cannot be used keeps its worker from starting, and says why. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { OctopusError } from "../../base/errors.ts";
import { show } from "../../protocol/parse.ts";
import type { CustomExecutor } from "./custom-executor.ts";
import { compileSchema } from "./custom-given.ts";

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const FORM = "it must export an object with name and execute, as in: export const executor = { name, execute }";

/** By their names those of the modules, and those that the program brings itself. */
export async function loadExecutors(
  paths: readonly string[],
  own: readonly CustomExecutor[],
): Promise<ReadonlyMap<string, CustomExecutor>> {
  const found = new Map<string, { executor: CustomExecutor; where: string }>();
  const add = async (executor: CustomExecutor, where: string): Promise<void> => {
    await check(executor, where);
    const other = found.get(executor.name);
    if (other !== undefined && other.executor !== executor)
      throw new OctopusError("conflict", `two executors are named ${executor.name}: in ${other.where} and in ${where}`);
    found.set(executor.name, { executor, where });
  };
  for (const executor of own) await add(executor, "the program");
  for (const path of new Set(paths.map((each) => resolve(each)))) {
    for (const executor of await load(path)) await add(executor, path);
  }
  return new Map([...found].map(([name, { executor }]) => [name, executor]));
}

async function load(path: string): Promise<CustomExecutor[]> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OctopusError("invalid", `could not load the executor module ${path}: ${reason}`, { cause });
  }
  const executors = Object.values(exported).filter(isExecutor);
  if (executors.length === 0) throw new OctopusError("invalid", `the module ${path} exports no executor: ${FORM}`);
  return executors;
}

function isExecutor(value: unknown): value is CustomExecutor {
  return typeof value === "object" && value !== null && "name" in value && "execute" in value;
}

async function check({ name, execute, schema }: Partial<CustomExecutor>, where: string): Promise<void> {
  const refuse = (problem: string): never => {
    throw new OctopusError("invalid", `an executor of ${where} cannot be used: ${problem}`);
  };
  if (typeof name !== "string" || !NAME.test(name))
    refuse(`its name must be small letters, digits and -, at most 64, beginning with a letter, not ${show(name)}`);
  if (typeof execute !== "function") refuse(`the execute of ${name} must be a function, not ${show(execute)}`);
  if (schema === undefined) return;
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null)
    refuse(`the schema of ${name} must be JSON Schema or a schema of a library, not ${show(schema)}`);
  if ("~standard" in schema || "parse" in schema) return;
  await compileSchema(schema).catch((error: unknown) =>
    refuse(`of ${name}, ${error instanceof Error ? error.message : String(error)}`),
  );
}
