/**
 * Checks what a worker says. Written by hand, because it sees a hundred thousand results a second.
 *
 * C1  Whatever arrives, it answers messages or a reason, and never throws.
 * C2  Unknown keys of a report are dropped, not refused: a newer worker may say more than this server knows.
 * C3  A result that nothing could write out again (nested too deep) becomes a failed attempt: refusing the frame would
 *     have the worker repeat it for ever.
 */
import { ATTEMPT_OUTCOMES, LOG_STREAMS, TASK_KINDS, type TaskKind } from "../base/words.ts";
import type { AttemptError, AttemptReport, FromWorker, Hello, LogChunk } from "../protocol/link.ts";
import { isJson } from "../protocol/json.ts";
import { show } from "../protocol/parse.ts";

type Fields = Record<string, unknown>;

const OUTCOMES: ReadonlySet<unknown> = new Set(ATTEMPT_OUTCOMES.filter((outcome) => outcome !== "lost"));
const STREAMS: ReadonlySet<unknown> = new Set(LOG_STREAMS);
const KINDS: ReadonlySet<unknown> = new Set(TASK_KINDS);
const DATE_MS_MAX = 8.64e15;
const SLOTS_MAX = 100_000;
const FUNCTIONS_MAX = 100_000;
const NAME_LENGTH_MAX = 200;
const ARTIFACTS_MAX = 10_000;
const PATH_LENGTH_MAX = 4096;
const RESOURCES_MAX = 64;

/** The messages of a frame, or why it is not one. */
export function readFrame(text: string): FromWorker[] | string {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return `a frame must be JSON, not ${show(text)}`;
  }
  if (!Array.isArray(frame)) return `a frame must be an array of messages, not ${show(frame)}`;
  for (const message of frame as unknown[]) {
    if (typeof message !== "object" || message === null) return `a message must be an object, not ${show(message)}`;
    const fault = check(message as Fields);
    if (fault !== undefined) return `${fault}: ${show(message)}`;
  }
  return frame as FromWorker[];
}

/** What is wrong with the message, if anything. */
function check(message: Fields): string | undefined {
  switch (message["type"]) {
    case "result":
      if (!isRef(message) || !isWhole(message["n"], 1)) return "a result needs task, attempt and n";
      return checkReport(message);
    case "log":
      return Array.isArray(message["chunks"]) && message["chunks"].every(isChunk) ? undefined : "log needs chunks";
    case "progress":
      if (!isRef(message) || !isFinite(message["value"])) return "progress needs task, attempt and value";
      return isOptionalText(message["message"]) ? undefined : "the message of progress must be text";
    case "heartbeat":
      if (!isFinite(message["load"]) || !isFinite(message["rssBytes"]) || !isWhole(message["active"], 0)) {
        return "a heartbeat needs load, rssBytes and active";
      }
      return undefined;
    case "hello":
      return checkHello(message);
    case "draining":
    case "goodbye":
      return undefined;
    default:
      return "a message has an unknown type";
  }
}

function checkReport(message: Fields): string | undefined {
  const report = message["report"];
  if (!isObject(report) || !OUTCOMES.has(report["outcome"])) return "a report needs an outcome";
  for (const key in report) {
    const value = report[key];
    switch (key) {
      case "outcome":
        break;
      case "result":
        if (!isJson(value)) return void (message["report"] = tooDeep());
        break;
      case "error":
        if (!isError(value)) return "the error of a report needs a message";
        break;
      case "signal":
        if (typeof value !== "string") return "the signal of a report must be text";
        break;
      case "status":
        if (!isWhole(value, 100) || (value as number) > 599) return "the status of a report must be from 100 to 599";
        break;
      case "artifacts":
        if (!Array.isArray(value) || value.length > ARTIFACTS_MAX || !value.every(isArtifact)) {
          return `artifacts must be a list of at most ${ARTIFACTS_MAX} files with path, hash and bytes`;
        }
        break;
      case "retryable":
        if (typeof value !== "boolean") return "retryable must be true or false";
        break;
      case "exitCode":
        if (!Number.isSafeInteger(value)) return "exitCode must be a whole number";
        break;
      case "durationMs":
      case "cpuMs":
      case "maxRssBytes":
      case "retryAfterMs":
        if (!isFinite(value) || value < 0) return `${key} must be a number that is not negative`;
        break;
      default:
        delete report[key];
    }
  }
  return undefined;
}

function tooDeep(): AttemptReport {
  const error: AttemptError = { message: "the result is nested too deep to be kept", kind: "result" };
  return { outcome: "failed", error, retryable: false };
}

function checkHello(message: Fields): string | undefined {
  const hello = message as unknown as Hello;
  const texts = [hello.name, hello.instance, hello.host, hello.octopus] as unknown[];
  if (!texts.every((text) => isName(text))) return "hello needs name, instance, host and octopus";
  if (!isWhole(hello.version, 0) || !isWhole(hello.pid, 0)) return "hello needs version and pid";
  if (!isWhole(hello.slots, 0) || hello.slots > SLOTS_MAX) return `slots must be a whole number from 0 to ${SLOTS_MAX}`;
  const { abilities, holds } = hello as { abilities: unknown; holds: unknown };
  if (!isObject(abilities) || !Array.isArray(abilities["kinds"])) return "hello needs abilities with kinds";
  const functions: unknown = abilities["functions"];
  if (!Array.isArray(functions) || functions.length > FUNCTIONS_MAX || !functions.every(isName)) {
    return "hello needs abilities with functions";
  }
  const { resources } = hello as { resources: unknown };
  if (resources !== undefined && !isAmounts(resources)) return "the resources of hello must be amounts by name";
  // A newer worker may know kinds of task that this server does not have.
  hello.abilities.kinds = (abilities["kinds"] as unknown[]).filter((kind): kind is TaskKind => KINDS.has(kind));
  return Array.isArray(holds) && holds.every((ref) => isObject(ref) && isRef(ref)) ? undefined : "hello needs holds";
}

function isChunk(chunk: unknown): chunk is LogChunk {
  if (!isObject(chunk) || !isRef(chunk) || !STREAMS.has(chunk["stream"])) return false;
  const { at, text, base64 } = chunk;
  return isFinite(at) && Math.abs(at) <= DATE_MS_MAX && (typeof text === "string") !== (typeof base64 === "string");
}

function isError(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value["message"] === "string" &&
    isOptionalText(value["kind"]) &&
    isOptionalText(value["stack"])
  );
}

/** A path inside a folder, as any system writes it: nobody who keeps the file under it gets out of his folder. */
function isArtifact(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { path, hash, bytes } = value;
  if (typeof path !== "string" || path === "" || path.length > PATH_LENGTH_MAX || path.includes("\0")) return false;
  if (path.startsWith("/") || path.split("/").some((part) => part === "" || part === "." || part === ".."))
    return false;
  return typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash) && isWhole(bytes, 0);
}

function isAmounts(value: unknown): boolean {
  if (!isObject(value)) return false;
  const amounts = Object.entries(value);
  return amounts.length <= RESOURCES_MAX && amounts.every(([name, amount]) => isName(name) && isWhole(amount, 0));
}

function isRef(value: Fields): boolean {
  return isWhole(value["task"], 1) && isWhole(value["attempt"], 1);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, min: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** Short, and without control characters: it is shown on terminals. */
function isName(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= NAME_LENGTH_MAX &&
    !/[\u0000-\u001f\u007f]/.test(value)
  );
}
