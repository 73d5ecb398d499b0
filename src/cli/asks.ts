/** Reads the options by which a task asks for keys, caches, resources and callbacks. */
import { DURATION_FORM, parseDuration } from "../base/duration.ts";
import { CALLBACK_ON } from "../base/words.ts";
import { nearest } from "../base/nearest.ts";
import type { CallbacksSubmission, CallbackSubmission } from "../protocol/callbacks.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import { placeOf, readResources } from "./place.ts";
import { durationOf, listOf, textOf, usage, wholeOf } from "./read.ts";

type Options = Readonly<Record<string, unknown>>;

export function asksOf(options: Options): TaskSubmission {
  const out: TaskSubmission = placeOf(options);
  const owner = textOf(options, "owner");
  if (owner !== undefined) out.owner = owner;
  const key = textOf(options, "key");
  const limit = wholeOf(options, "keyLimit", 1, 1_000_000);
  if (limit !== undefined && key === undefined) throw usage("--key-limit needs --key, the key that it limits");
  if (key !== undefined) out.concurrencyKey = limit === undefined ? key : { key, limit };
  const mutex = listOf(options, "mutex");
  if (mutex !== undefined) out.mutex = mutex;
  const rate = textOf(options, "rate");
  if (rate !== undefined) out.rate = readRateKey(rate);
  const resources = readResources(options["resource"] as string[] | undefined);
  if (resources !== undefined) out.resources = resources;
  const unique = uniqueOf(options);
  if (unique !== undefined) out.uniqueKey = unique;
  const cache = cacheOf(options);
  if (cache !== undefined) out.cache = cache;
  const on = callbacksOf(options["on"] as string[] | undefined);
  if (on !== undefined) out.on = on;
  return out;
}

export interface RateText {
  limit: number;
  per: string;
  burst?: number;
}

const RATE_FORM = "a number and a time, such as 10/1m, or 10/1m:20 with a burst of 20";

/** `10/1m`, `10/m`, `10/1m:20`. */
export function readRate(text: string, flag: string): RateText {
  const match = /^(\d+)\/([^:/]+)(?::(\d+))?$/.exec(text);
  const per = match === null ? undefined : periodOf(match[2]!);
  if (match === null || per === undefined) throw usage(`${flag} must be ${RATE_FORM}, not ${JSON.stringify(text)}`);
  return { limit: Number(match[1]), per, ...(match[3] !== undefined && { burst: Number(match[3]) }) };
}

/** `1m`, and `m` for the same. */
export function periodOf(text: string): string | undefined {
  const whole = /^[a-z]+$/i.test(text) ? `1${text}` : text;
  return parseDuration(whole) === undefined ? undefined : whole;
}

function readRateKey(text: string): RateText & { key: string } {
  const match = /^(.+?):(\d+\/.*)$/.exec(text);
  if (match === null)
    throw usage(`--rate must be a key, a colon and ${RATE_FORM}: api:10/1m, not ${JSON.stringify(text)}`);
  return { key: match[1]!, ...readRate(match[2]!, "--rate") };
}

function uniqueOf(options: Options): TaskSubmission["uniqueKey"] {
  const key = textOf(options, "unique");
  const scope = textOf(options, "uniqueScope") as "queued" | "active" | "period" | undefined;
  const periodMs = durationOf(options, "uniquePeriod");
  const policy = textOf(options, "onDuplicate") as "return" | "replace" | "reject" | undefined;
  if (key === undefined) {
    const given = Object.entries({ "unique-scope": scope, "unique-period": periodMs, "on-duplicate": policy });
    const alone = given.find(([, value]) => value !== undefined);
    if (alone !== undefined) throw usage(`--${alone[0]} needs --unique, the key that it is about`);
    return undefined;
  }
  if (scope === "period" && periodMs === undefined)
    throw usage("--unique-scope period needs --unique-period, such as 1h");
  return {
    key,
    ...(scope !== undefined && { scope }),
    ...(periodMs !== undefined && { period: periodMs }),
    ...(policy !== undefined && { policy }),
  };
}

function cacheOf(options: Options): TaskSubmission["cache"] {
  const given = options["cache"];
  const key = textOf(options, "cacheKey");
  const files = options["cacheFile"] as string[] | undefined;
  const refresh = options["noCache"] === true;
  if (given === undefined && key === undefined && files === undefined && !refresh) return undefined;
  if (typeof given === "string" && parseDuration(given) === undefined) {
    const hint = "put -- before the command, so that its first word is not taken for the time";
    throw usage(`--cache must be alone or ${DURATION_FORM}, not ${JSON.stringify(given)}; ${hint}`);
  }
  const rule = {
    ...(key !== undefined && { key }),
    ...(files !== undefined && { files }),
    ...(typeof given === "string" && { ttl: given }),
    ...(refresh && { refresh }),
  };
  return Object.keys(rule).length === 0 ? true : rule;
}

function callbacksOf(pairs: readonly string[] | undefined): CallbacksSubmission | undefined {
  if (pairs === undefined) return undefined;
  const out: Record<string, CallbackSubmission[]> = {};
  for (const pair of pairs) {
    const [, moment, target] = /^([a-z_]+)=(.+)$/s.exec(pair) ?? [];
    if (moment === undefined || target === undefined)
      throw usage(
        `--on must read moment=target, such as failure=https://example.com/hook, not ${JSON.stringify(pair)}`,
      );
    if (!CALLBACK_ON.some((one) => one === moment)) {
      const near = nearest(moment, CALLBACK_ON);
      const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
      throw usage(`--on takes one of ${CALLBACK_ON.join(", ")}, not ${JSON.stringify(moment)}${hint}`);
    }
    (out[moment] ??= []).push(callbackOf(target));
  }
  return out;
}

function callbackOf(target: string): CallbackSubmission {
  if (/^https?:\/\//i.test(target)) return { webhook: target };
  const [, kind, rest] = /^(call|sh):(.+)$/s.exec(target) ?? [];
  if (kind === "call") return { call: rest! };
  if (kind === "sh") return { task: { shell: rest! } };
  throw usage(`--on must lead to https://…, call:FUNCTION or sh:COMMAND, not ${JSON.stringify(target)}`);
}
