/**
 * What a person has put into a form, and the JSON that it means.
 *
 * FM1: `readForm(form, valuesOf(form, json)).json` equals `json`, whatever it is: a value of another form than its field's is
 * kept as JSON text, and names that the form does not know stand beside it. Only a group that is needed and missing, and
 * needs nothing in it, is there then.
 */
import type { Json } from "../base/words.ts";
import type { Field, GroupField } from "./form-fields.ts";
import { checkOf } from "./form-checks.ts";
import { type FormPath, pathText } from "./form-path.ts";

export { formOf } from "./form-fields.ts";

/**
 * Text for texts, numbers and JSON as it was typed; for a choice, the JSON text of what was chosen; undefined for what was
 * not given.
 */
export type FormValue = undefined | string | boolean | FormList | FormMap | FormGroup | RawValue;
export interface FormList {
  items: FormValue[];
}
export interface FormMap {
  rows: { name: string; value: FormValue }[];
}
export interface FormGroup {
  of: Record<string, FormValue>;
  /** JSON text of an object: what it has beside its fields; empty for nothing. */
  more: string;
}
/** A value that has not the form of its field, as JSON text. */
export interface RawValue {
  raw: string;
}

export interface FieldError {
  /** As the server writes it: `args.items[3].name`. */
  path: string;
  message: string;
}

/** The state of a form that shows `json`. */
export function valuesOf(field: Field, json: Json | undefined): FormValue {
  if (json === undefined) return undefined;
  switch (field.is) {
    case "text":
      return typeof json === "string" ? json : rawOf(json);
    case "number":
      return typeof json === "number" ? JSON.stringify(json) : rawOf(json);
    case "boolean":
      return typeof json === "boolean" ? json : rawOf(json);
    case "choice":
      return JSON.stringify(json);
    case "json":
      return JSON.stringify(json, undefined, 2);
    case "list":
      return Array.isArray(json) ? { items: json.map((one) => valuesOf(field.item, one)) } : rawOf(json);
    case "map":
      if (!isObject(json)) return rawOf(json);
      return { rows: Object.entries(json).map(([name, one]) => ({ name, value: valuesOf(field.item, one) })) };
    case "group":
      return isObject(json) ? groupOf(field, json) : rawOf(json);
  }
}

function groupOf(field: GroupField, json: { [key: string]: Json }): FormGroup {
  const known = new Set(field.fields.map(({ key }) => key));
  const of = field.fields
    .filter(({ key }) => Object.hasOwn(json, key))
    .map((one) => [one.key, valuesOf(one, json[one.key])] as const);
  const more = Object.entries(json).filter(([key]) => !known.has(key));
  return {
    of: Object.fromEntries(of),
    more: more.length === 0 ? "" : JSON.stringify(Object.fromEntries(more), undefined, 2),
  };
}

/** The state of a form in which nothing was given. */
export function emptyForm(): FormGroup {
  return { of: {}, more: "" };
}

/** What the form means, as far as it can be read, and what is wrong with it. */
export function readForm(form: GroupField, values: FormValue): { json: { [key: string]: Json }; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const json = read(form, values, [], errors);
  return { json: isObject(json) ? json : {}, errors };
}

function read(field: Field, value: FormValue, path: FormPath, errors: FieldError[]): Json | undefined {
  const complain = (message: string): undefined => {
    errors.push({ path: pathText(path), message });
    return undefined;
  };
  if (value === undefined && field.is === "group" && field.isNeeded) {
    // What is missing in a group that is needed is missed by its fields.
    const before = errors.length;
    const empty = read(field, emptyForm(), path, errors);
    return errors.length === before ? empty : undefined;
  }
  if (value === undefined) return field.isNeeded && field.preset === undefined ? complain("is needed") : undefined;
  const json = isRaw(value) ? parsed(value.raw, complain) : readTyped(field, value, path, errors, complain);
  if (json === undefined) return undefined;
  const wrong = checkOf(field, json);
  if (wrong !== undefined) complain(wrong);
  return json;
}

type Complain = (message: string) => undefined;

function readTyped(
  field: Field,
  value: Exclude<FormValue, undefined | RawValue>,
  path: FormPath,
  errors: FieldError[],
  complain: Complain,
): Json | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (field.is === "text") return value;
    if (field.is === "number") return numberOf(value, complain);
    return parsed(value, complain);
  }
  if ("items" in value) {
    const item = field.is === "list" ? field.item : undefined;
    return value.items.map((one, index) => (item && read(item, one, [...path, index], errors)) ?? null);
  }
  if ("rows" in value) {
    const item = field.is === "map" ? field.item : undefined;
    const names = value.rows.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) complain(`has ${JSON.stringify(twice)} twice`);
    const rows = value.rows.map(
      ({ name, value: one }) => [name, (item && read(item, one, [...path, name], errors)) ?? null] as const,
    );
    return Object.fromEntries(rows);
  }
  const fields = field.is === "group" ? field.fields : [];
  const entries = fields
    .map((one) => [one.key, read(one, own(value.of, one.key), [...path, one.key], errors)] as const)
    .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined);
  const more = value.more.trim() === "" ? {} : parsed(value.more, complain);
  if (more !== undefined && !isObject(more)) complain("takes a JSON object for its other values");
  return Object.fromEntries([...entries, ...(isObject(more) ? Object.entries(more) : [])]);
}

function own(values: Record<string, FormValue>, key: string): FormValue {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

function numberOf(text: string, complain: Complain): Json | undefined {
  const number = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : complain(`must be a number, not ${JSON.stringify(text)}`);
}

function parsed(text: string, complain: Complain): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    return complain(`is no JSON: ${(error as Error).message}; text stands in quotes`);
  }
}

function rawOf(json: Json): RawValue {
  return { raw: JSON.stringify(json, undefined, 2) };
}

export function isRaw(value: FormValue): value is RawValue {
  return typeof value === "object" && "raw" in value;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The values with another one at a place. An optional group that is left without any is not given any more. */
export function withValue(form: Field, values: FormValue, path: FormPath, value: FormValue): FormValue {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (form.is === "list") {
    const items = hasItems(values) ? values.items : [];
    const changed = items.map((one, index) => (index === step ? withValue(form.item, one, rest, value) : one));
    return { items: changed };
  }
  if (form.is !== "group") return values;
  const group = isGroup(values) ? values : emptyForm();
  const field = form.fields.find(({ key }) => key === step);
  if (field === undefined) return values;
  const next = withValue(field, own(group.of, field.key), rest, value);
  const others = Object.entries(group.of).filter(([key]) => key !== field.key);
  const of = Object.fromEntries(next === undefined ? others : [...others, [field.key, next] as const]);
  const isEmpty = Object.keys(of).length === 0 && group.more.trim() === "";
  return isEmpty && !form.isNeeded ? undefined : { of, more: group.more };
}

export function isGroup(value: FormValue): value is FormGroup {
  return typeof value === "object" && "of" in value;
}

export function hasItems(value: FormValue): value is FormList {
  return typeof value === "object" && "items" in value;
}

export function hasRows(value: FormValue): value is FormMap {
  return typeof value === "object" && "rows" in value;
}
