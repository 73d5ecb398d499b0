/**
 * What a form has fields for, read off a JSON Schema: the inputs of a plugin's action, the params of a workflow, a task. What
 * the schema says in a way that no field can show is a field for JSON, so that each value can be given.
 */
import type { Json } from "../base/words.ts";

interface Common {
  /** Its name in the object that holds it; empty for the form itself and for what a list holds. */
  key: string;
  label: string;
  /** For people: what it is for. */
  says?: string;
  isNeeded: boolean;
  /** What counts when nothing is given. */
  preset?: Json;
  /** A value that shows what is meant. */
  example?: string;
  /** Seldom needed: shown when somebody asks for more. */
  isMinor?: true;
}

export interface TextField extends Common {
  is: "text";
  isLong: boolean;
  isSecret: boolean;
  /** Of the schema, or what names of things are offered: `arm`, `worker`, … */
  format?: string;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
}

export interface NumberField extends Common {
  is: "number";
  isWhole: boolean;
  min?: number;
  max?: number;
  /** The limits themselves do not belong to it. */
  isOpenMin: boolean;
  isOpenMax: boolean;
  step?: number;
}

export interface BooleanField extends Common {
  is: "boolean";
}

export interface ChoiceField extends Common {
  is: "choice";
  choices: { value: Json; label: string }[];
}

export interface ListField extends Common {
  is: "list";
  item: Field;
  min?: number;
  max?: number;
}

/** Values by names that are free. */
export interface MapField extends Common {
  is: "map";
  item: Field;
}

export interface GroupField extends Common {
  is: "group";
  fields: Field[];
  /** It takes names that it does not list. */
  isOpen: boolean;
}

export interface JsonField extends Common {
  is: "json";
}

export type Field =
  | TextField
  | NumberField
  | BooleanField
  | ChoiceField
  | ListField
  | MapField
  | GroupField
  | JsonField;

type Schema = { [key: string]: Json };

const DEPTH_MAX = 12;
const LONG_TEXT = 200;
const LONG_FORMATS: readonly string[] = ["multiline", "textarea", "code"];

/** The form of a schema of an object; one with a field for JSON alone where it is none. */
export function formOf(schema: Json | undefined): GroupField {
  const root = isSchema(schema) ? schema : {};
  const field = fieldOf({ type: "object", ...root }, "", true, { root, depth: 0 });
  if (field.is === "group") return field;
  return { is: "group", key: "", label: "", isNeeded: true, fields: [], isOpen: true };
}

interface Reading {
  root: Schema;
  depth: number;
}

function fieldOf(given: Json, key: string, isNeeded: boolean, reading: Reading): Field {
  const schema = resolved(given, reading.root);
  const common = commonOf(schema, key, isNeeded);
  const deeper = { ...reading, depth: reading.depth + 1 };
  if (reading.depth > DEPTH_MAX) return { ...common, is: "json" };
  const choices = choicesOf(schema);
  if (choices !== undefined) return { ...common, is: "choice", choices };
  switch (typeOf(schema)) {
    case "string":
      return { ...common, is: "text", ...textOf(schema) };
    case "integer":
      return { ...common, is: "number", isWhole: true, ...rangeOf(schema) };
    case "number":
      return { ...common, is: "number", isWhole: false, ...rangeOf(schema) };
    case "boolean":
      return { ...common, is: "boolean" };
    case "array":
      return listOf(schema, common, deeper);
    case "object":
      return objectOf(schema, common, deeper);
    default:
      return { ...common, is: "json" };
  }
}

function listOf(schema: Schema, common: Common, reading: Reading): Field {
  if (!isSchema(schema["items"]) || schema["prefixItems"] !== undefined) return { ...common, is: "json" };
  const item = fieldOf(schema["items"], "", true, reading);
  return { ...common, is: "list", item, ...numbers(schema, { min: "minItems", max: "maxItems" }) };
}

function objectOf(schema: Schema, common: Common, reading: Reading): Field {
  const properties = isSchema(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const others = schema["additionalProperties"];
  if (properties.length === 0 && reading.depth > 1) {
    if (isSchema(others)) return { ...common, is: "map", item: fieldOf(others, "", true, reading) };
    return { ...common, is: "json" };
  }
  const needed = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields = properties.map(([name, one]) => fieldOf(one, name, needed.includes(name), reading));
  return { ...common, is: "group", fields, isOpen: others !== false };
}

function commonOf(schema: Schema, key: string, isNeeded: boolean): Common {
  const text = (name: string): string | undefined => {
    const value = schema[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const examples = Array.isArray(schema["examples"]) ? schema["examples"] : [];
  const example =
    typeof examples[0] === "string" || examples[0] === undefined ? examples[0] : JSON.stringify(examples[0]);
  return {
    key,
    label: text("title") ?? key,
    isNeeded,
    ...(text("description") !== undefined && { says: text("description")! }),
    ...(schema["default"] !== undefined && { preset: schema["default"] }),
    ...(example !== undefined && { example }),
    ...(schema["x-minor"] === true && { isMinor: true as const }),
  };
}

/** The values that it is one of; undefined when it may be others. */
function choicesOf(schema: Schema): ChoiceField["choices"] | undefined {
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => ({ value, label: labelOf(value) }));
  if (schema["const"] !== undefined) return [{ value: schema["const"], label: labelOf(schema["const"]) }];
  const options = schema["oneOf"] ?? schema["anyOf"];
  if (!Array.isArray(options) || options.length === 0) return undefined;
  const named = options.map((one) => {
    if (!isSchema(one) || one["const"] === undefined) return undefined;
    return { value: one["const"], label: typeof one["title"] === "string" ? one["title"] : labelOf(one["const"]) };
  });
  return named.every((one) => one !== undefined) ? named : undefined;
}

function labelOf(value: Json): string {
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}

/** Its one type beside null; undefined when there are several, or none is said. */
function typeOf(schema: Schema): string | undefined {
  if (schema["allOf"] !== undefined || schema["oneOf"] !== undefined || schema["anyOf"] !== undefined) return undefined;
  const type = schema["type"];
  if (typeof type === "string") return type;
  if (Array.isArray(type)) {
    const others = type.filter((one) => one !== "null");
    return others.length === 1 && typeof others[0] === "string" ? others[0] : undefined;
  }
  if (isSchema(schema["properties"])) return "object";
  return schema["items"] === undefined ? undefined : "array";
}

function textOf(schema: Schema): Omit<TextField, keyof Common | "is"> {
  const format = typeof schema["format"] === "string" ? schema["format"] : undefined;
  const longest = schema["maxLength"];
  return {
    isLong:
      (format !== undefined && LONG_FORMATS.includes(format)) || (typeof longest === "number" && longest > LONG_TEXT),
    isSecret: format === "password" || schema["writeOnly"] === true,
    ...(format !== undefined && { format }),
    ...(typeof schema["pattern"] === "string" && { pattern: schema["pattern"] }),
    ...numbers(schema, { minLength: "minLength", maxLength: "maxLength" }),
  };
}

function rangeOf(schema: Schema): Omit<NumberField, keyof Common | "is" | "isWhole"> {
  const open = numbers(schema, { min: "exclusiveMinimum", max: "exclusiveMaximum" });
  return {
    ...numbers(schema, { min: "minimum", max: "maximum", step: "multipleOf" }),
    ...open,
    isOpenMin: open.min !== undefined,
    isOpenMax: open.max !== undefined,
  };
}

function numbers<T extends string>(schema: Schema, names: Record<T, string>): { [K in T]?: number } {
  const found = Object.entries<string>(names).map(([name, keyword]) => [name, schema[keyword]] as const);
  return Object.fromEntries(found.filter(([, value]) => typeof value === "number")) as { [K in T]?: number };
}

/** The schema that stands behind references, and behind "this or null". */
function resolved(given: Json, root: Schema): Schema {
  let schema: Json | undefined = given;
  for (let steps = 0; steps < DEPTH_MAX && isSchema(schema); steps++) {
    const options: Json | undefined = schema["anyOf"] ?? schema["oneOf"];
    const notNull: Json[] = Array.isArray(options)
      ? options.filter((one) => !(isSchema(one) && one["type"] === "null"))
      : [];
    if (typeof schema["$ref"] === "string") {
      const { $ref, ...beside } = schema;
      const target = lookUp(root, $ref);
      schema = isSchema(target) ? { ...target, ...beside } : beside;
    } else if (notNull.length === 1 && Array.isArray(options) && options.length === 2 && isSchema(notNull[0])) {
      const { anyOf: _, oneOf: _1, ...beside } = schema;
      schema = { ...notNull[0], ...beside };
    } else return schema;
  }
  return isSchema(schema) ? schema : {};
}

function lookUp(root: Schema, ref: string): Json | undefined {
  if (!ref.startsWith("#")) return undefined;
  let at: Json | undefined = root;
  for (const part of ref.slice(1).split("/").filter(Boolean)) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = isSchema(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
