/**
 * JSON Schema as plugins declare their inputs by it. What is not checked is refused when it is declared, so that nobody
 * believes in a rule that does nothing.
 */
import { z } from "zod";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { findingsOf } from "./parse.ts";

/** Keywords that are checked. */
const CHECKED: ReadonlySet<string> = new Set([
  ...["type", "enum", "const", "anyOf", "oneOf", "allOf", "not", "$ref", "$defs", "definitions"],
  ...["properties", "required", "additionalProperties", "propertyNames", "patternProperties"],
  ...["items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"],
  ...["minLength", "maxLength", "pattern", "format"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "nullable"],
]);

/** Keywords that say something to people only. */
const SAID: ReadonlySet<string> = new Set([
  ...["$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated"],
  ...["readOnly", "writeOnly"],
]);

/** Keywords under which schemas stand by name, and those whose values are no schemas. */
const TABLES: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs", "definitions"]);
const VALUES: ReadonlySet<string> = new Set(["enum", "const", "required", "default", "examples", "type"]);

const DEPTH_MAX = 32;

/** What is wrong with a value; nothing when it is as it should be. */
export type InputCheck = (value: Json) => { path: readonly (string | number)[]; message: string }[];

/** Makes a check of a schema of an object; throws `invalid` for what is none, or cannot be checked. `path`: where it stands. */
export function inputCheck(schema: Json, path: string): InputCheck {
  if (!isObject(schema) || (schema["type"] !== undefined && schema["type"] !== "object"))
    throw refusal(path, 'must be the JSON Schema of an object: {"type": "object", "properties": {…}}');
  lookOver({ type: "object", ...schema }, path, 0);
  let made: z.ZodType;
  try {
    made = z.fromJSONSchema({ type: "object", ...schema });
  } catch (error) {
    throw refusal(path, `is no JSON Schema that can be checked: ${(error as Error).message}`);
  }
  const names = propertiesOf(schema);
  const takes = names.length === 0 ? "it takes nothing" : `it takes ${names.join(", ")}`;
  return (value) => {
    const parsed = made.safeParse(value);
    if (parsed.success) return [];
    return findingsOf(parsed.error, value, names).map(({ path, message }) => ({
      path: path.filter((part): part is string | number => typeof part !== "symbol"),
      message: path.length === 0 && message.startsWith("has the unknown key") ? `${message}; ${takes}` : message,
    }));
  };
}

/** The names of its properties, in their order. */
export function propertiesOf(schema: Json | undefined): string[] {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  return isObject(properties) ? Object.keys(properties) : [];
}

function lookOver(schema: Json, path: string, depth: number): void {
  if (depth > DEPTH_MAX) throw refusal(path, `is nested deeper than ${DEPTH_MAX} schemas`);
  if (Array.isArray(schema)) return schema.forEach((one, index) => lookOver(one, `${path}[${index}]`, depth + 1));
  if (!isObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${path}.${keyword}`;
    if (VALUES.has(keyword) || SAID.has(keyword)) continue;
    if (!CHECKED.has(keyword)) throw refusal(at, `is not checked here; known keywords are ${[...CHECKED].join(", ")}`);
    if (!TABLES.has(keyword)) lookOver(value, at, depth + 1);
    else if (isObject(value))
      for (const [name, one] of Object.entries(value)) lookOver(one, `${at}.${name}`, depth + 1);
  }
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(path: string, message: string): OctopusError {
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
