/**
 * What is said of a key: for editors (JSON Schema), for `octopus schema KEY`, and for the reference page. The tables of
 * notes stand beside the tables of readers (`task-keys.ts`, `workflow-keys.ts`); a test holds one against the other.
 */
import type { Json } from "../base/words.ts";

export interface Note {
  /** What it means, in a sentence or a few. */
  about: string;
  /** What may stand there, in words. */
  form: string;
  schema: Schema;
  /** One or a few lines of YAML, as they stand in a file. */
  example?: string;
  /** Keys of its long form. */
  keys?: Readonly<Record<string, Note>>;
  /** For a mapping of names to things of one kind: keys of each. */
  each?: Readonly<Record<string, Note>>;
}

export type Schema = { [key: string]: Json };
export type Notes = Readonly<Record<string, Note>>;

/** A text in which an expression stands. */
export const EXPRESSION: Schema = { type: "string", pattern: "\\$\\{\\{" };
export const TEXT: Schema = { type: "string", minLength: 1 };
export const NAME: Schema = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$" };
export const DURATION: Schema = { type: "string", pattern: "^\\s*(\\d+(\\.\\d+)?\\s*(ms|s|m|h|d|w)\\s*)+$" };
export const SIZE: Schema = { type: ["integer", "string"] };
export const COUNT: Schema = { type: "integer", minimum: 1 };
export const FLAG: Schema = { type: "boolean" };
export const ANY: Schema = {};
export const SCALAR: Schema = { type: ["string", "number", "boolean"] };
export const MOMENT: Schema = { type: ["string", "integer"] };
export const CONDITION: Schema = { type: ["string", "boolean"] };
const CODE: Schema = { type: "integer", minimum: 0, maximum: 255 };
export const CODES: Schema = oneOrMore(CODE);

export function anyOf(...schemas: Schema[]): Schema {
  return { anyOf: schemas };
}

/** That, or an expression that stands for it. */
export function orExpression(schema: Schema): Schema {
  return anyOf(schema, EXPRESSION);
}

export function oneOrMore(schema: Schema): Schema {
  return anyOf(schema, { type: "array", items: schema });
}

export function mapOf(schema: Schema): Schema {
  return { type: "object", additionalProperties: schema };
}

export function oneOf(...values: string[]): Schema {
  return { enum: values };
}

/** A mapping with these keys and no others. */
export function keysOf(notes: Notes, required: readonly string[] = []): Schema {
  const properties = Object.fromEntries(Object.entries(notes).map(([key, note]) => [key, schemaOf(note)]));
  const schema: Schema = { type: "object", properties, additionalProperties: false };
  if (required.length > 0) schema["required"] = [...required];
  return schema;
}

/** A short form, or the mapping with these keys. */
export function orKeys(short: Schema, notes: Notes, required: readonly string[] = []): Schema {
  const options = "anyOf" in short ? (short["anyOf"] as Schema[]) : [short];
  return anyOf(...options, keysOf(notes, required));
}

/** With its description, and its example where there is one. */
export function schemaOf({ about, schema, example }: Note): Schema {
  return { description: example === undefined ? about : `${about}\n\n${example}`, ...schema };
}

export function ref(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}
