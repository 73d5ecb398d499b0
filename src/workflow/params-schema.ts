/**
 * The params that a workflow declares, as one JSON Schema: forms are made from it. The words of a declaration are words
 * of JSON Schema already; what differs is the short form (a bare default) and that `required` stands in the declaration.
 */
import type { Json } from "../base/words.ts";
import { isMapping } from "./keys.ts";
import { CHECK_WORDS, typeOf } from "./param-checks.ts";

const SAID = ["description", "enum", "examples", ...CHECK_WORDS];

/** `params`: what stands under that key, already found right. */
export function paramsSchema(params: Json | undefined): Record<string, Json> {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const [name, declared] of Object.entries(isMapping(params) ? params : {})) {
    const { schema, isRequired } = isMapping(declared) ? ofMapping(declared) : ofDefault(declared);
    properties[name] = schema;
    if (isRequired) required.push(name);
  }
  return { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

interface Read {
  schema: Record<string, Json>;
  isRequired: boolean;
}

function ofDefault(value: Json): Read {
  return { schema: { ...ofType(typeOf(value)), default: value }, isRequired: false };
}

function ofType(type: Json | undefined): Record<string, Json> {
  return type === undefined ? {} : { type };
}

function ofMapping(declared: Readonly<Record<string, Json>>): Read {
  const { type, default: value } = declared;
  const schema = ofType(type ?? (value === undefined ? undefined : typeOf(value)));
  if (value !== undefined) schema["default"] = value;
  for (const word of SAID) if (declared[word] !== undefined) schema[word] = declared[word];
  return { schema, isRequired: declared["required"] !== false && value === undefined };
}
