/** What is wrong with a value for its field, in words; the server checks again by the schema itself. */
import type { Json } from "../base/words.ts";
import type { Field, NumberField, TextField } from "./form-fields.ts";

export function checkOf(field: Field, json: Json): string | undefined {
  switch (field.is) {
    case "text":
      return typeof json === "string" ? checkText(field, json) : "must be text";
    case "number":
      return typeof json === "number" ? checkNumber(field, json) : "must be a number";
    case "boolean":
      return typeof json === "boolean" ? undefined : "must be yes or no";
    case "choice": {
      const text = JSON.stringify(json);
      if (field.choices.some(({ value }) => JSON.stringify(value) === text)) return undefined;
      return `must be one of ${field.choices.map(({ label }) => label).join(", ")}`;
    }
    case "list":
      return checkList(field, json);
    case "map":
      return isObject(json) ? undefined : "must be values by names";
    case "group":
      return isObject(json) ? checkNames(field, json) : "must be values by names";
    case "json":
      return undefined;
  }
}

function checkText(field: TextField, text: string): string | undefined {
  const { length } = text;
  if (field.minLength !== undefined && length < field.minLength)
    return length === 0 ? "must not be empty" : `must be at least ${field.minLength} characters long`;
  if (field.maxLength !== undefined && length > field.maxLength)
    return `must be at most ${field.maxLength} characters long, not ${length}`;
  if (field.pattern !== undefined && !matches(field.pattern, text)) return `must look like ${field.pattern}`;
  return undefined;
}

/** A pattern that this engine cannot read is left to the server. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

function checkNumber(field: NumberField, value: number): string | undefined {
  if (field.isWhole && !Number.isInteger(value)) return "must be a whole number";
  const { min, max, isOpenMin, isOpenMax } = field;
  if (min !== undefined && (isOpenMin ? value <= min : value < min))
    return isOpenMin ? `must be more than ${min}` : `must be at least ${min}`;
  if (max !== undefined && (isOpenMax ? value >= max : value > max))
    return isOpenMax ? `must be less than ${max}` : `must be at most ${max}`;
  return undefined;
}

function checkList(field: Field & { is: "list" }, json: Json): string | undefined {
  if (!Array.isArray(json)) return "must be a list";
  if (field.min !== undefined && json.length < field.min) return `must have at least ${field.min} items`;
  if (field.max !== undefined && json.length > field.max) return `must have at most ${field.max} items`;
  return undefined;
}

function checkNames(field: Field & { is: "group" }, json: { [key: string]: Json }): string | undefined {
  if (field.isOpen) return undefined;
  const unknown = Object.keys(json).find((key) => field.fields.every((one) => one.key !== key));
  return unknown === undefined ? undefined : `has the unknown name ${JSON.stringify(unknown)}`;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
