/** Reads the values of options. Each refusal names the option, the value seen and what is allowed. */
import { DURATION_FORM, parseDuration } from "../base/duration.ts";
import { OctopusError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Json } from "../base/words.ts";

export function usage(message: string): OctopusError {
  return new OctopusError("invalid", message);
}

/** The text of an option, or undefined when it was not given. */
export function textOf(options: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** A list: repeated options, and commas within each. */
export function listOf(options: Readonly<Record<string, unknown>>, name: string): string[] | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  return (value as string[]).flatMap((item) => item.split(",")).filter((item) => item !== "");
}

export function wholeOf(
  options: Readonly<Record<string, unknown>>,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw usage(`--${flagOf(name)} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}

export function durationOf(options: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw usage(`--${flagOf(name)} must be ${DURATION_FORM}, not ${JSON.stringify(text)}`);
}

/** Words of a closed list; `all` names what they are in the refusal. */
export function wordsOf<W extends string>(
  given: readonly string[] | undefined,
  words: readonly W[],
  flag: string,
): W[] | undefined {
  return given?.map((word) => {
    const found = words.find((one) => one === word);
    if (found !== undefined) return found;
    const near = nearest(word, words);
    const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
    throw usage(`--${flag} must be one of ${words.join(", ")}, not ${JSON.stringify(word)}${hint}`);
  });
}

/** JSON, or text as it stands when it does not read as JSON. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Parameters of a workflow: `key=value`, the value read as JSON where it is JSON. */
export function paramsOf(pairs: readonly string[] | undefined): Record<string, Json> | undefined {
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw usage(`--param must read key=value, not ${JSON.stringify(pair)}`);
      return [pair.slice(0, at), jsonOrText(pair.slice(at + 1)) as Json];
    }),
  );
}

/** The flag under which the parser keeps an option. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
