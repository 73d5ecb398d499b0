/** What a JSON Schema says of a place in a document: which keys and values may stand there, and what they mean. */
import type { Json } from "../base/words.ts";

export type SchemaNode = { readonly [key: string]: Json };

export interface SchemaWord {
  word: string;
  /** What it means: its description. */
  about: string | undefined;
  /** What may stand there, in a word or two. */
  form: string | undefined;
  isNeeded: boolean;
}

/** Schemas that hold at one place; more of them are alternatives of alternatives that add nothing. */
const ALTERNATIVES_MAX = 200;

/** Keys that may stand in the mapping at `path`. */
export function keysAt(root: SchemaNode, path: readonly (string | number)[]): SchemaWord[] {
  const words = new Map<string, SchemaWord>();
  for (const schema of schemasAt(root, path)) {
    const needed = Array.isArray(schema["required"]) ? schema["required"] : [];
    for (const [word, one] of Object.entries(objectOf(schema["properties"]) ?? {})) {
      const schemas = expand(root, [one as SchemaNode]);
      const known = words.get(word);
      words.set(word, {
        word,
        about: known?.about ?? aboutOf(one, schemas),
        form: known?.form ?? formOf(schemas),
        isNeeded: known?.isNeeded === true || needed.includes(word),
      });
    }
  }
  return [...words.values()];
}

/** Values that may stand at `path`, as they are written. */
export function valuesAt(root: SchemaNode, path: readonly (string | number)[]): string[] {
  const values = new Set<string>();
  for (const schema of schemasAt(root, path)) {
    const items = objectOf(schema["items"]);
    for (const one of items === undefined ? [schema] : [schema, ...expand(root, [items])]) {
      if (one["type"] === "boolean") values.add("true").add("false");
      if (one["const"] !== undefined) values.add(written(one["const"]));
      for (const value of Array.isArray(one["enum"]) ? one["enum"] : []) values.add(written(value));
    }
  }
  return [...values];
}

/** What is said of the thing at `path`. */
export function aboutAt(root: SchemaNode, path: readonly (string | number)[]): SchemaWord | undefined {
  const word = path.at(-1);
  if (typeof word !== "string") return undefined;
  const known = keysAt(root, path.slice(0, -1)).find((one) => one.word === word);
  if (known !== undefined) return known;
  const schemas = schemasAt(root, path);
  const about = aboutOf(undefined, schemas);
  return about === undefined ? undefined : { word, about, form: formOf(schemas), isNeeded: false };
}

function schemasAt(root: SchemaNode, path: readonly (string | number)[]): SchemaNode[] {
  let schemas = expand(root, [root]);
  for (const step of path)
    schemas = expand(
      root,
      schemas.flatMap((schema) => childOf(schema, step)),
    );
  return schemas;
}

function childOf(schema: SchemaNode, step: string | number): SchemaNode[] {
  if (typeof step === "number") {
    const items = objectOf(schema["items"]);
    return items === undefined ? [] : [items];
  }
  const own = objectOf(objectOf(schema["properties"])?.[step]);
  if (own !== undefined) return [own];
  const other = objectOf(schema["additionalProperties"]);
  return other === undefined ? [] : [other];
}

/** With what they point to and all their alternatives, flat. */
function expand(root: SchemaNode, schemas: readonly SchemaNode[]): SchemaNode[] {
  const found = new Set<SchemaNode>();
  const queue = [...schemas];
  while (queue.length > 0 && found.size < ALTERNATIVES_MAX) {
    const schema = queue.shift()!;
    if (found.has(schema)) continue;
    found.add(schema);
    const target = typeof schema["$ref"] === "string" ? resolve(root, schema["$ref"]) : undefined;
    if (target !== undefined) queue.push(target);
    for (const word of ["anyOf", "oneOf", "allOf"]) queue.push(...listOf(schema[word]));
  }
  return [...found];
}

function resolve(root: SchemaNode, ref: string): SchemaNode | undefined {
  if (!ref.startsWith("#/")) return undefined;
  let at: Json | undefined = root;
  for (const part of ref.slice(2).split("/")) at = objectOf(at)?.[part];
  return objectOf(at);
}

function listOf(value: Json | undefined): SchemaNode[] {
  const list = Array.isArray(value) ? value : [];
  return list.map((one) => objectOf(one)).filter((one) => one !== undefined);
}

function written(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function objectOf(value: Json | undefined): SchemaNode | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

function aboutOf(first: Json | undefined, schemas: readonly SchemaNode[]): string | undefined {
  const all = [objectOf(first), ...schemas];
  return all.map((one) => one?.["description"]).find((text): text is string => typeof text === "string");
}

const FORMS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  array: "list",
  object: "mapping",
};

function formOf(schemas: readonly SchemaNode[]): string | undefined {
  const forms = new Set<string>();
  for (const { type, enum: values } of schemas) {
    if (Array.isArray(values)) forms.add("choice");
    for (const one of Array.isArray(type) ? type : [type]) if (typeof one === "string") forms.add(FORMS[one] ?? one);
  }
  return forms.size === 0 ? undefined : [...forms].slice(0, 3).join(" or ");
}
