/** Is what a task gives to an executor what its schema asks for? */
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { InputCheck } from "../../protocol/json-schema.ts";
import { pathText } from "../../protocol/parse.ts";
import type { CustomExecutor } from "./custom-executor.ts";

type Checked = { isGood: true; value: unknown } | { isGood: false; problems: string[] };
type Given = Readonly<Record<string, unknown>>;

/** The one method of Standard Schema (https://standardschema.dev), as far as it is used here. */
interface Standard {
  validate(value: unknown): Answer | Promise<Answer>;
}
interface Answer {
  value?: unknown;
  issues?: readonly { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] }[] | undefined;
}

/** Made once for each schema. */
const compiled = new WeakMap<object, InputCheck>();

/** What its executor gets: what its schema makes of it, where it is more than JSON Schema. Or each problem in words. */
export async function checkGiven({ schema }: CustomExecutor, given: Given): Promise<Checked> {
  if (schema === undefined) return { isGood: true, value: given };
  const { "~standard": standard, parse } = schema as { "~standard"?: Standard; parse?: (value: unknown) => unknown };
  if (standard !== undefined) return bySchema(standard, given);
  if (typeof parse === "function") return byParse(() => parse.call(schema, given));
  const check = compiled.get(schema) ?? (await compileSchema(schema));
  const found = check(given as Json);
  if (found.length === 0) return { isGood: true, value: given };
  return { isGood: false, problems: found.map(({ path, message }) => `${pathText(path, "with")} ${message}`) };
}

/** Throws `invalid` for a schema that nothing can be checked by. */
export async function compileSchema(schema: object): Promise<InputCheck> {
  const { inputCheck } = await import("../../protocol/json-schema.ts");
  const check = inputCheck(schema as Json, "schema");
  compiled.set(schema, check);
  return check;
}

async function bySchema(standard: Standard, given: Given): Promise<Checked> {
  const { value, issues } = await standard.validate(given);
  if (issues === undefined) return { isGood: true, value };
  const problems = issues.slice(0, 20).map(({ message, path = [] }) => {
    const keys = path.map((part) => (typeof part === "object" ? part.key : part));
    return `${pathText(keys, "with")}: ${message}`;
  });
  return { isGood: false, problems };
}

async function byParse(parse: () => unknown): Promise<Checked> {
  try {
    return { isGood: true, value: await parse() };
  } catch (error) {
    const issues = error instanceof OctopusError ? error.issues : [];
    const words = error instanceof Error ? error.message : String(error);
    return { isGood: false, problems: issues.length > 0 ? issues.map((one) => `${one.path} ${one.message}`) : [words] };
  }
}
