/**
 * Checks what a worker says. Written by hand, because it sees a hundred thousand results a second.
 *
 * C1  Whatever arrives, it answers messages or a reason, and never throws.
 * C2  Unknown keys of a report are dropped, not refused: a newer worker may say more than this server knows.
 * C3  A result that nothing could write out again (nested too deep) becomes a failed attempt: refusing the frame would
 *     have the worker repeat it for ever.
 */
import { ATTEMPT_OUTCOMES, LOG_STREAMS } from "../base/words.ts";
import type { AttemptError, AttemptReport, FromWorker, LogChunk, Proof } from "../protocol/link.ts";
import { isJson } from "../protocol/json.ts";
import { show } from "../protocol/parse.ts";
import { checkHello, checkOffer } from "./link-hello.ts";
import { checkUsage } from "./link-usage.ts";
import { isName, isNumber, isObject, isOptionalText, isRef, isWhole } from "./link-words.ts";

type Fields = Record<string, unknown>;

const OUTCOMES: ReadonlySet<unknown> = new Set(ATTEMPT_OUTCOMES.filter((outcome) => outcome !== "lost"));
const STREAMS: ReadonlySet<unknown> = new Set(LOG_STREAMS);
const DATE_MS_MAX = 8.64e15;
const ARTIFACTS_MAX = 10_000;
/** Plugins and their versions that one worker may speak of. */
const PLUGINS_MAX = 20_000;
const PATH_LENGTH_MAX = 4096;
/** Messages of one frame: as many as anybody has a use for, and few enough to be looked at in one go. */
const MESSAGES_MAX = 200_000;
/** Words of an error are kept with the task, and shown; beyond this they are cut. */
const ERROR_CHARS_MAX = 64 * 1024;
const SHORT_CHARS_MAX = 200;
/** Milliseconds and bytes: beyond this a number is no measurement. */
const MEASURE_MAX = Number.MAX_SAFE_INTEGER;

/** The messages of a frame, or why it is not one. */
export function readFrame(text: string): (FromWorker | Proof)[] | string {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return `a frame must be JSON, not ${show(text)}`;
  }
  if (!Array.isArray(frame)) return `a frame must be an array of messages, not ${show(frame)}`;
  if (frame.length > MESSAGES_MAX) return `a frame has at most ${MESSAGES_MAX} messages, not ${frame.length}`;
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
      if (!isRef(message) || !isNumber(message["value"])) return "progress needs task, attempt and value";
      if (!isOptionalText(message["message"])) return "the message of progress must be text";
      cut(message, "message", ERROR_CHARS_MAX);
      return undefined;
    case "heartbeat":
      if (!isNumber(message["load"]) || !isNumber(message["rssBytes"]) || !isWhole(message["active"], 0)) {
        return "a heartbeat needs load, rssBytes and active";
      }
      return checkUsage(message);
    case "hello":
      return checkHello(message);
    case "offer":
      return checkOffer(message);
    case "proof":
      return [message["name"], message["key"], message["signature"]].every(isName)
        ? undefined
        : "proof needs name, key and signature";
    case "plugins":
      return checkPlugins(message);
    case "draining":
    case "goodbye":
      return undefined;
    default:
      return "a message has an unknown type";
  }
}

/** Which plugins it has, by their hashes. */
function checkPlugins(message: Fields): string | undefined {
  const { ready, failed = {} } = message;
  if (!Array.isArray(ready) || ready.length > PLUGINS_MAX || !ready.every(isHash))
    return `plugins needs ready: at most ${PLUGINS_MAX} hashes`;
  if (!isObject(failed) || Object.keys(failed).length > PLUGINS_MAX || !Object.keys(failed).every(isHash))
    return `the failed ones of plugins must be reasons by hash, at most ${PLUGINS_MAX}`;
  for (const hash of Object.keys(failed)) {
    if (typeof failed[hash] !== "string") return "the reason why a plugin failed must be text";
    cut(failed, hash, ERROR_CHARS_MAX);
  }
  return undefined;
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
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
        for (const words of ["message", "stack"]) cut(value, words, ERROR_CHARS_MAX);
        cut(value, "kind", SHORT_CHARS_MAX);
        break;
      case "signal":
        if (typeof value !== "string") return "the signal of a report must be text";
        cut(report, key, SHORT_CHARS_MAX);
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
        if (!isNumber(value) || value < 0 || value > MEASURE_MAX)
          return `${key} must be a number that is not negative, and no larger than ${MEASURE_MAX}`;
        break;
      default:
        delete report[key];
    }
  }
  return undefined;
}

/** Too long to be of use to anybody: the end is left out. */
function cut(fields: Fields, key: string, charsMax: number): void {
  const text = fields[key];
  if (typeof text === "string" && text.length > charsMax) fields[key] = `${text.slice(0, charsMax)}…`;
}

function tooDeep(): AttemptReport {
  const error: AttemptError = { message: "the result is nested too deep to be kept", kind: "result" };
  return { outcome: "failed", error, retryable: false };
}

function isChunk(chunk: unknown): chunk is LogChunk {
  if (!isObject(chunk) || !isRef(chunk) || !STREAMS.has(chunk["stream"])) return false;
  const { at, text, base64, seq } = chunk;
  if (seq !== undefined && !isWhole(seq, 1)) return false;
  return isNumber(at) && Math.abs(at) <= DATE_MS_MAX && (typeof text === "string") !== (typeof base64 === "string");
}

function isError(value: unknown): value is Fields {
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
  return isHash(hash) && isWhole(bytes, 0);
}
