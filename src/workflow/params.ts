/**
 * The params of a workflow: what the file declares, and what a run gets. A declaration is a default value, or a mapping
 * with `type`, `default` and other words of JSON Schema. Declared params are all there is: another name is refused.
 */
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { EnvName } from "../protocol/common.ts";
import { show } from "../protocol/parse.ts";
import { textOf } from "./expression.ts";
import {
  type Check,
  CHECK_WORDS,
  checkEnum,
  checkType,
  firstOf,
  PARAM_TYPES,
  type ParamType,
  readChecks,
  TYPE_WORDS,
  typeOf,
} from "./param-checks.ts";
import type { Problems } from "./problems.ts";

export const DECLARATION_KEYS = ["type", "default", "description", "required", "enum", "examples", ...CHECK_WORDS];

/** A param travels as an environment variable, and Linux refuses one of 128 KiB. */
const PARAM_TEXT_MAX = 100_000;

/** One declared param. */
export interface Param {
  type: ParamType | undefined;
  default?: Json;
  required: boolean;
  enum?: Json[];
  checks?: Check[];
}

/** Tells a problem in the declaration; `keys` lead to it from the param. */
export type Tell = (keys: string[], message: string, part?: "key" | "value") => void;

/** Reads one entry of `params:`; undefined when it is wrong. */
export function readParam(value: Json, tell: Tell, problems: Problems): Param | undefined {
  if (value === null) {
    tell([], "has no value: write a default, or {type: string, required: true}");
    return undefined;
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    return { type: typeOf(value), default: value, required: false };
  }
  let good = true;
  const wrong: Tell = (keys, message, part) => {
    good = false;
    tell(keys, message, part);
  };
  for (const key of Object.keys(value)) if (!DECLARATION_KEYS.includes(key)) tellUnknown(key, wrong, problems);
  const type = value["type"] ?? (value["default"] === undefined ? undefined : typeOf(value["default"]));
  checkDeclaration(value, type, wrong);
  const checks = readChecks({ ...value, ...(type !== undefined && { type }) }, (keys, message) => {
    wrong(keys, message);
    return undefined;
  });
  if (!good) return undefined;

  const required = value["required"] !== false && value["default"] === undefined;
  const param: Param = { type: type as ParamType | undefined, required };
  if (value["enum"] !== undefined) param.enum = value["enum"] as Json[];
  if (checks.length > 0) param.checks = checks;
  if (value["default"] === undefined || value["default"] === null) return param;
  const fit = fitParam(param, value["default"]);
  if (fit.ok) return { ...param, default: fit.value };
  tell(["default"], fit.message);
  return undefined;
}

function tellUnknown(key: string, wrong: Tell, problems: Problems): void {
  const rule = `it may have ${DECLARATION_KEYS.join(", ")}, and a mapping as its value needs default`;
  wrong([key], `is not a key of a param${problems.suggest(key, DECLARATION_KEYS)}; ${rule}`, "key");
}

function checkDeclaration(declaration: Record<string, Json>, type: Json | undefined, wrong: Tell): void {
  const { required, description, enum: allowed, default: value } = declaration;
  if (type !== undefined && !PARAM_TYPES.includes(type as ParamType)) {
    wrong(["type"], `must be ${PARAM_TYPES.join(", ")}, not ${show(type)}`);
  }
  if (required !== undefined && typeof required !== "boolean") {
    wrong(["required"], `must be true or false, not ${show(required)}`);
  }
  if (required === true && value !== undefined) wrong(["required"], "must not be true beside a default");
  if (allowed !== undefined && (!Array.isArray(allowed) || allowed.length === 0)) {
    wrong(["enum"], `must be a list of the allowed values, not ${show(allowed)}`);
  }
  if (declaration["examples"] !== undefined && !Array.isArray(declaration["examples"])) {
    wrong(["examples"], `must be a list of values, not ${show(declaration["examples"])}`);
  }
  if (description !== undefined && typeof description !== "string") {
    wrong(["description"], `must be text, not ${show(description)}`);
  }
}

/**
 * The value of every declared param. One that is neither given nor has a default, and need not be given, is null.
 * `missing`: those without a value, for whatever reason; expressions that name them must not add problems of their own.
 */
export function resolveParams(
  declared: ReadonlyMap<string, Param | undefined>,
  given: Readonly<Record<string, Json>>,
  problems: Problems,
  check = false,
): { values: Record<string, Json>; missing: string[] } {
  const missing: string[] = [];
  const names = [...declared.keys()];
  for (const name of Object.keys(given)) {
    if (declared.has(name)) continue;
    const known = names.length === 0 ? "this workflow declares none" : `declared are ${names.slice(0, 20).join(", ")}`;
    problems.outside(`params.${name}`, `is not a param of this workflow${problems.suggest(name, names)}; ${known}`);
  }
  const values: Record<string, Json> = {};
  for (const [name, param] of declared) {
    values[name] = param?.default ?? null;
    if (param === undefined) missing.push(name);
    else if (Object.hasOwn(given, name)) {
      const fit = fitParam(param, given[name]!);
      if (fit.ok) values[name] = fit.value;
      else {
        missing.push(name);
        problems.outside(`params.${name}`, fit.message);
      }
    } else if (param.required) {
      missing.push(name);
      if (check) continue;
      const form = param.type === undefined ? "a value" : TYPE_WORDS[param.type];
      problems.outside(`params.${name}`, `is missing: it has no default; give ${form} with -p ${name}=…`);
    }
  }
  return { values, missing };
}

/** What shell tasks see of the params: `OCTOPUS_PARAM_<name>`, JSON text for lists and mappings. */
export function paramEnv(values: Readonly<Record<string, Json>>): Record<string, string> {
  const set = Object.entries(values).filter(([, value]) => value !== null);
  return Object.fromEntries(set.map(([name, value]) => [`OCTOPUS_PARAM_${name}`, textOf(value)]));
}

/**
 * Reads `name=value` pairs as they follow `-p`. A value that reads as JSON is that value; what would change when written
 * back (`1.0`, `007`) stays text, and so does everything else. The last of several values for a name holds.
 */
export function parseParams(pairs: readonly string[]): Record<string, Json> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    if (at < 0 || !EnvName.safeParse(name).success) {
      const message = `must read name=value, with a name of letters, digits and _, not ${show(pair)}`;
      throw new OctopusError("invalid", `-p ${message}`, { issues: [{ path: "-p", message }] });
    }
    return [name, readValue(pair.slice(at + 1))] as const;
  });
  return Object.fromEntries(entries);
}

function readValue(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "number" && String(value) !== text ? text : value;
  } catch {
    return text;
  }
}

/** What is wrong with this value for the param; nothing when it fits. */
export function checkParam(param: Param, value: Json): string | undefined {
  const fit = fitParam(param, value);
  return fit.ok ? undefined : fit.message;
}

type Fit = { ok: true; value: Json } | { ok: false; message: string };

/** `value` as the param's type. A command line cannot tell 7 from "7", so each is taken for the other. */
function fitParam(param: Param, value: Json): Fit {
  const fitted = convert(param.type, value);
  const wrong =
    (param.type === undefined ? undefined : checkType(param.type, fitted)) ??
    (param.enum === undefined ? undefined : checkEnum(param.enum, fitted)) ??
    firstOf(param.checks ?? [], fitted);
  if (wrong !== undefined) return { ok: false, message: wrong };
  const text = textOf(fitted);
  if (text.length > PARAM_TEXT_MAX) {
    return {
      ok: false,
      message: `is ${text.length} characters long; at most ${PARAM_TEXT_MAX} may be: put the data into a file`,
    };
  }
  if (text.includes("\0")) return { ok: false, message: "must not hold a zero byte" };
  return { ok: true, value: fitted };
}

function convert(type: ParamType | undefined, value: Json): Json {
  if (type === "string" && (typeof value === "number" || typeof value === "boolean")) return String(value);
  if ((type === "number" || type === "integer") && typeof value === "string") {
    return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  return value;
}
