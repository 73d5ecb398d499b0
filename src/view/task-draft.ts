/** A task that is being written: which kind it is, and the short forms of a submission written out, as its form has them. */
import type { Json } from "../base/words.ts";
import { FORM_KINDS, type FormKind } from "./task-schema.ts";

type Submission = { [key: string]: Json };

/** Fields that say what a task does, with what belongs to them. */
const WORK: readonly string[] = [...FORM_KINDS, "input", "with"];

/** What it does; undefined where it does not say it, or says it twice. */
export function kindOf(submission: Submission): FormKind | undefined {
  const found = FORM_KINDS.filter((kind) => submission[kind] !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

/** The same without what it does: what stays when somebody chooses another kind. */
export function withoutWork(submission: Submission): Submission {
  return Object.fromEntries(Object.entries(submission).filter(([key]) => !WORK.includes(key)));
}

/** Short forms written out: `shell: "make"` as `{command: "make"}`, `retries: 3` as `{limit: 3}`, times as text. */
export function longForm(submission: Submission): Submission {
  const entries = Object.entries(submission).map(([key, value]) => [key, longValue(key, value)] as const);
  return Object.fromEntries(entries);
}

function longValue(key: string, value: Json): Json {
  switch (key) {
    case "shell":
      return typeof value === "string" ? { command: value } : timed(value, ["grace"]);
    case "http":
      return typeof value === "string" ? httpOf(value) : value;
    case "plugin":
      return typeof value === "string" ? { name: value } : timed(value, ["grace"]);
    case "docker":
      return typeof value === "string" ? { image: value } : commandText(timed(value, ["grace"]));
    case "wasm":
      return typeof value === "string" ? { module: value } : value;
    case "retries":
      return typeof value === "number" ? { limit: value } : timed(value, ["delay", "maxDelay"]);
    case "concurrencyKey":
    case "uniqueKey":
      return typeof value === "string" ? { key: value } : timed(named(value, "periodMs", "period"), ["period"]);
    case "rate":
      return timed(named(value, "perMs", "per"), ["per"]);
    case "cache":
      return value === true ? {} : timed(value, ["ttl"]);
    case "mutex":
    case "needs":
      return typeof value === "string" ? [value] : value;
    case "delay":
    case "timeout":
      return typeof value === "number" ? durationText(value) : value;
    case "runAt":
    case "expiresAt":
      return typeof value === "number" ? new Date(value).toISOString() : value;
    case "target":
      return typeof value === "string" ? { worker: value } : value;
    default:
      return value;
  }
}

function isObject(value: Json): value is Submission {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function timed(value: Json, keys: readonly string[]): Json {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    keys.includes(key) && typeof one === "number" ? durationText(one) : one,
  ]);
  return Object.fromEntries(entries) as Submission;
}

/** As answers name it, and as it is asked for. */
function named(value: Json, from: string, to: string): Json {
  if (!isObject(value) || value[from] === undefined) return value;
  const { [from]: moved, ...rest } = value;
  return { ...rest, [to]: moved! };
}

function httpOf(line: string): Json {
  const match = /^\s*(?:([A-Za-z]+)\s+)?(\S+)(?:\s+([\s\S]+?))?\s*$/.exec(line);
  if (!match) return line;
  const [, method, url, body] = match;
  return {
    ...(method && { method: method.toUpperCase() }),
    url: url!,
    ...(body !== undefined && { body: bodyOf(body) }),
  };
}

function bodyOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** What the server makes of a container's command is read back. */
function commandText(value: Json): Json {
  if (!isObject(value) || !Array.isArray(value["command"])) return value;
  const [program, flag, command, ...rest] = value["command"];
  const isShell = program === "/bin/sh" && flag === "-c" && typeof command === "string" && rest.length === 0;
  return isShell ? { ...value, command } : value;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** Milliseconds as text that means exactly as many. */
export function durationText(ms: number): string {
  const unit = UNITS.find(([, scale]) => ms > 0 && ms % scale === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
