/** An arm as texts in fields, and back: what is wrong is told by the field. An empty field is the default. */
import { parseDuration } from "../base/duration.ts";
import type { ArmView, QuotaView } from "../protocol/views.ts";
import { rateText, spanText } from "./limits.ts";

const KEYS = ["maxParallel", "weight", "rate", "maxQueued", "aging", "timeout", "retries", "handler", "types"] as const;
export type ArmForm = Record<(typeof KEYS)[number] | "name", string>;
export type Problems<Form> = Partial<Record<keyof Form, string>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/;

export const EMPTY_ARM: ArmForm = Object.freeze({
  ...{
    name: "",
    maxParallel: "",
    weight: "",
    rate: "",
    maxQueued: "",
    aging: "",
    timeout: "",
    retries: "",
    handler: "",
  },
  types: "",
});

export function armFormOf(arm: ArmView): ArmForm {
  const number = (value: number | undefined): string => (value === undefined ? "" : String(value));
  return {
    name: arm.name,
    maxParallel: number(arm.maxParallel),
    weight: arm.weight === 1 ? "" : String(arm.weight),
    rate: arm.rate === undefined ? "" : rateText(arm.rate),
    maxQueued: number(arm.maxQueued),
    aging: arm.agingMs === 0 ? "" : spanText(arm.agingMs),
    timeout: arm.timeoutMs === undefined ? "" : spanText(arm.timeoutMs),
    retries: number(arm.retries),
    handler: arm.handler ?? "",
    types: arm.types.join(", "),
  };
}

type Settings = Record<string, unknown>;

/** What is other than it was: what somebody else has set meanwhile stays, unless it was changed here, too. */
export function changedSettings(before: Settings, after: Settings): Settings {
  const had = new Map(Object.entries(before).map(([key, value]) => [key, JSON.stringify(value)]));
  return Object.fromEntries(Object.entries(after).filter(([key, value]) => had.get(key) !== JSON.stringify(value)));
}

/** The settings as the API takes them: null is the default. */
export function readArmForm(form: ArmForm): { change: Settings; problems: Problems<ArmForm> } {
  const problems: Problems<ArmForm> = {};
  const change: Record<string, unknown> = {};
  if (!NAME.test(form.name.trim())) {
    problems.name =
      form.name.trim() === ""
        ? "is needed"
        : "must be a letter or _ first, then at most 127 letters, digits and _ . : / -";
  }
  for (const key of KEYS) {
    const text = form[key].trim();
    // No types are a choice, and not the default.
    if (text === "") change[key] = key === "types" ? [] : null;
    else {
      const { value, problem } = READERS[key](text);
      if (problem === undefined) change[key] = value;
      else problems[key] = problem;
    }
  }
  return { change, problems };
}

type Read = { value?: unknown; problem?: string };

function wholeFrom(min: number, max: number) {
  return (text: string): Read =>
    /^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max
      ? { value: Number(text) }
      : { problem: `must be a whole number from ${min} to ${max.toLocaleString("en")}` };
}

const duration = (text: string): Read =>
  parseDuration(text) === undefined ? { problem: "must be a duration such as 30s, 5m or 2h" } : { value: text };

function rate(text: string): Read {
  const match = /^(\d{1,9})\s*\/\s*([^:\s]+)(?:\s*:\s*(\d{1,9}))?$/.exec(text);
  const per = match === null ? undefined : parseDuration(/^[a-z]+$/.test(match[2]!) ? `1${match[2]!}` : match[2]!);
  if (match === null || per === undefined || per <= 0 || Number(match[1]) < 1) {
    return { problem: "must be a number per time such as 10/1m, with a burst 10/1m:20" };
  }
  return { value: { limit: Number(match[1]), per, ...(match[3] !== undefined && { burst: Number(match[3]) }) } };
}

function name(text: string): Read {
  return NAME.test(text) ? { value: text } : { problem: "must be the name of a function" };
}

function names(text: string): Read {
  const all = text.split(/[\s,]+/).filter((word) => word !== "");
  const wrong = all.find((word) => !NAME.test(word));
  return wrong === undefined ? { value: all } : { problem: `must be types with commas between them; ${wrong} is none` };
}

const READERS: Readonly<Record<(typeof KEYS)[number], (text: string) => Read>> = {
  maxParallel: wholeFrom(1, 1_000_000),
  weight: wholeFrom(1, 1000),
  rate,
  maxQueued: wholeFrom(1, 1_000_000_000),
  aging: duration,
  timeout: duration,
  retries: wholeFrom(0, 1000),
  handler: name,
  types: names,
};

export type QuotaForm = Record<"owner" | "concurrent" | "tasks" | "cpu", string>;

export const EMPTY_QUOTA: QuotaForm = Object.freeze({ owner: "", concurrent: "", tasks: "", cpu: "" });

export function quotaFormOf({ owner, concurrent, tasks, cpu }: QuotaView): QuotaForm {
  return {
    owner,
    concurrent: concurrent === undefined ? "" : String(concurrent),
    tasks: tasks === undefined ? "" : rateText(tasks),
    cpu: cpu === undefined ? "" : `${spanText(cpu.limitMs)}/${spanText(cpu.perMs)}`,
  };
}

export function readQuotaForm(form: QuotaForm): { quota: Record<string, unknown>; problems: Problems<QuotaForm> } {
  const problems: Problems<QuotaForm> = {};
  const quota: Record<string, unknown> = {};
  const owner = form.owner.trim();
  if (owner !== "*" && !NAME.test(owner))
    problems.owner = owner === "" ? "is needed; * is every other owner" : "must be * or the name of an owner";
  const [concurrent, tasks, cpu] = [form.concurrent.trim(), form.tasks.trim(), form.cpu.trim()];
  if (concurrent !== "") {
    const { value, problem } = wholeFrom(1, 1_000_000)(concurrent);
    if (problem === undefined) quota["concurrent"] = value;
    else problems.concurrent = problem;
  }
  if (tasks !== "") {
    const { value, problem } = rate(tasks);
    const isBurst = (value as { burst?: number } | undefined)?.burst !== undefined;
    if (problem !== undefined || isBurst) problems.tasks = "must be a number per time such as 100/1h";
    else quota["tasks"] = value;
  }
  if (cpu !== "") {
    const [limit, per] = cpu.split("/").map((part) => part.trim());
    const isGood = [limit, per].every((part) => part !== undefined && (parseDuration(part) ?? 0) > 0);
    if (isGood && cpu.split("/").length === 2) quota["cpu"] = { limit, per };
    else problems.cpu = "must be CPU time per time such as 30m/1d";
  }
  if (Object.keys(quota).length === 0 && Object.keys(problems).length === 0)
    problems.concurrent = "set at least one of the three limits";
  return { quota, problems };
}
