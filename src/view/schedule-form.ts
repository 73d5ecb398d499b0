/**
 * A schedule as a form holds it, and back: texts as they are typed, which become what the server takes. What is wrong with
 * a value is for the server to say, which is asked with every change; here only what cannot be sent is found.
 *
 * SF1  What the form does not know of a schedule stays: it is in the JSON of its task, or in `kept`.
 */
import type { Json } from "../base/words.ts";
import type { ScheduleSubmission } from "../protocol/schedule.ts";
import type { ScheduleView } from "../protocol/schedule-views.ts";
import { submissionOf } from "./commands.ts";
import { spanText } from "./limits.ts";

export type WhenKind = "cron" | "every" | "at";
export type DoesKind = "command" | "function" | "workflow" | "json";

export interface ScheduleForm {
  name: string;
  description: string;
  whenKind: WhenKind;
  /** One expression a line. */
  cron: string;
  every: string;
  /** One moment a line. */
  at: string;
  zone: string;
  start: string;
  end: string;
  jitter: string;
  overlap: string;
  catchUp: string;
  catchUpWindow: string;
  calendars: readonly string[];
  /** Days, with commas or spaces between them. */
  exclude: string;
  /** `22:00-06:00 mon,tue` or two moments with `/` between them, one a line. */
  blackouts: string;
  doesKind: DoesKind;
  command: string;
  call: string;
  input: string;
  /** Name of a registered workflow; its text is asked for when the schedule is sent. */
  workflow: string;
  params: string;
  arm: string;
  /** The task in full. */
  json: string;
  isPaused: boolean;
  /** Of a schedule that is edited: what the form shows no field for. */
  kept: Record<string, unknown>;
}

export interface FormProblem {
  /** As the server writes it. */
  path: string;
  message: string;
}

export const EMPTY_SCHEDULE: ScheduleForm = {
  ...{
    name: "",
    description: "",
    whenKind: "cron",
    cron: "0 3 * * *",
    every: "1h",
    at: "",
    zone: "",
    start: "",
    end: "",
  },
  ...{ jitter: "", overlap: "allow", catchUp: "latest", catchUpWindow: "", calendars: [], exclude: "", blackouts: "" },
  ...{ doesKind: "command", command: "", call: "", input: "", workflow: "", params: "", arm: "", json: "" },
  ...{ isPaused: false, kept: {} },
};

const DAY_MS = 86_400_000;

/** What the server is sent. `workflow`: the text and files of the chosen one. */
export function readScheduleForm(
  form: ScheduleForm,
  workflow?: { definition: string; files?: Record<string, string> | undefined },
): { submission: ScheduleSubmission; problems: FormProblem[] } {
  const problems: FormProblem[] = [];
  const json = (text: string, path: string): Json | undefined => {
    if (text.trim() === "") return undefined;
    try {
      return JSON.parse(text) as Json;
    } catch (error) {
      problems.push({ path, message: `is not JSON: ${(error as Error).message}` });
      return undefined;
    }
  };
  if (form.name.trim() === "") problems.push({ path: "name", message: "must not be empty" });
  const window = form.catchUpWindow.trim();
  const { workflow: keptOfWorkflow, ...kept } = form.kept;
  const given: Record<string, unknown> = {
    ...kept,
    name: form.name.trim(),
    description: textOf(form.description),
    ...whenOf(form),
    zone: textOf(form.zone),
    start: textOf(form.start),
    end: textOf(form.end),
    jitter: textOf(form.jitter),
    overlap: form.overlap,
    catchUp: window === "" ? form.catchUp : { ...(form.kept["catchUp"] as object), policy: form.catchUp, window },
    calendars: form.calendars.length === 0 ? undefined : [...form.calendars],
    exclude: listOf(form.exclude, /[\s,]+/),
    blackouts: listOf(form.blackouts, /\n/)?.map((line) => blackoutOf(line, problems)),
    paused: form.isPaused,
    ...doesOf(form, json, workflow && { ...(keptOfWorkflow as object), ...workflow }, problems),
  };
  return { submission: defined(given) as unknown as ScheduleSubmission, problems };
}

function whenOf(form: ScheduleForm): Record<string, unknown> {
  switch (form.whenKind) {
    case "cron":
      return { cron: listOf(form.cron, /\n/) ?? [""] };
    case "every":
      return { every: form.every.trim() };
    case "at":
      return { at: listOf(form.at, /[\n,]+/)?.map(momentOf) ?? [""] };
  }
}

function doesOf(
  form: ScheduleForm,
  json: (text: string, path: string) => Json | undefined,
  workflow: { definition: string; files?: Record<string, string> | undefined } | undefined,
  problems: FormProblem[],
): Record<string, unknown> {
  const arm = textOf(form.arm);
  switch (form.doesKind) {
    case "command":
      return { task: defined({ shell: form.command.trim(), arm }) };
    case "function":
      return { task: defined({ call: form.call.trim(), input: json(form.input, "task.input"), arm }) };
    case "json":
      return { task: json(form.json, "task") ?? {} };
    case "workflow": {
      const params = json(form.params, "workflow.params");
      if (workflow === undefined) {
        problems.push({ path: "workflow", message: form.workflow === "" ? "must be chosen" : "is being read" });
        return {};
      }
      return { workflow: defined({ ...workflow, source: form.workflow, params, arm }) };
    }
  }
}

const CLOCKS = /^(\d\d:\d\d)\s*(?:-|–|to)\s*(\d\d:\d\d)(?:\s+([a-z, ]+))?$/i;

function blackoutOf(line: string, problems: FormProblem[]): unknown {
  const clocks = CLOCKS.exec(line);
  if (clocks !== null) {
    const days = listOf((clocks[3] ?? "").toLowerCase(), /[\s,]+/);
    return defined({ from: clocks[1], to: clocks[2], days });
  }
  const [from, to] = line.split("/").map((part) => momentOf(part.trim()));
  if (from !== undefined && to !== undefined) return { from, to };
  problems.push({ path: "blackouts", message: `${line}: must read 22:00-06:00 mon,tue or two moments with / between` });
  return undefined;
}

/** A whole number is a moment in epoch milliseconds. */
function momentOf(text: string): string | number {
  return /^\d{11,16}$/.test(text.trim()) ? Number(text) : text.trim();
}

function textOf(text: string): string | undefined {
  return text.trim() === "" ? undefined : text.trim();
}

function listOf(text: string, between: RegExp): string[] | undefined {
  const items = text
    .split(between)
    .map((item) => item.trim())
    .filter((item) => item !== "");
  return items.length === 0 ? undefined : items;
}

function defined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** The form of a schedule that is there. */
export function formOfSchedule(schedule: ScheduleView): ScheduleForm {
  const { cron, everyMs, at, catchUp } = schedule;
  const blackouts = schedule.blackouts.map(({ from, to, days }) =>
    typeof from === "number" ? `${iso(from)}/${iso(to as number)}` : `${from}-${to}${days ? ` ${days.join(",")}` : ""}`,
  );
  return {
    ...EMPTY_SCHEDULE,
    ...doesFields(schedule),
    name: schedule.name,
    description: schedule.description ?? "",
    whenKind: cron !== undefined ? "cron" : everyMs !== undefined ? "every" : "at",
    ...(cron !== undefined && { cron: cron.join("\n") }),
    ...(everyMs !== undefined && { every: spanText(everyMs) }),
    ...(at !== undefined && { at: at.join("\n") }),
    zone: schedule.zone,
    start: schedule.startAt ?? "",
    end: schedule.endAt ?? "",
    jitter: schedule.jitterMs === 0 ? "" : spanText(schedule.jitterMs),
    overlap: schedule.overlap,
    catchUp: catchUp.policy,
    catchUpWindow: catchUp.windowMs === DAY_MS && catchUp.max === 100 ? "" : spanText(catchUp.windowMs),
    calendars: schedule.calendars,
    exclude: schedule.exclude.join(", "),
    blackouts: blackouts.join("\n"),
    isPaused: schedule.paused,
    // How many are caught up at once has no field; it stands in `catchUp` where there is a window.
    kept: { catchUp: { max: catchUp.max }, ...keptOfWorkflow(schedule) },
  };
}

/** What a run of its workflow is told beside what has a field: where it runs. */
function keptOfWorkflow({ workflow }: ScheduleView): Record<string, unknown> {
  if (workflow === undefined) return {};
  const { definition: _d, files: _f, source: _s, params: _p, arm: _a, ...rest } = workflow as Record<string, Json>;
  return Object.keys(rest).length === 0 ? {} : { workflow: rest };
}

function doesFields({ task, workflow }: ScheduleView): Partial<ScheduleForm> {
  if (workflow !== undefined) {
    const { source = "", params, arm = "" } = workflow as { source?: string; params?: Json; arm?: string };
    return { doesKind: "workflow", workflow: source, arm, params: params === undefined ? "" : pretty(params) };
  }
  const submission = taskOfSpec(task as unknown as SpecLike);
  const { shell, call, input, arm, ...rest } = submission;
  const command = commandOf(shell);
  const isPlain = Object.keys(rest).length === 0;
  const common = { arm: typeof arm === "string" ? arm : "", json: pretty(submission) };
  if (isPlain && command !== undefined) return { doesKind: "command", command, ...common };
  if (isPlain && typeof call === "string")
    return { doesKind: "function", call, input: input === undefined ? "" : pretty(input), ...common };
  return { doesKind: "json", ...common };
}

function commandOf(shell: Json | undefined): string | undefined {
  if (typeof shell === "string") return shell;
  const { command, ...rest } = (shell ?? {}) as Record<string, Json>;
  return typeof command === "string" && Object.keys(rest).length === 0 ? command : undefined;
}

type SpecLike = Record<string, Json> & Parameters<typeof submissionOf>[0] & { timeout?: number };

/** A task as the server keeps it, as it would be submitted. What has no short form keeps its name. */
function taskOfSpec(spec: SpecLike): Record<string, Json> {
  const { timeout, arm, priority, tags, kind: _k, work: _w, type, ...rest } = spec as Record<string, Json>;
  const view = {
    ...spec,
    ...{ timeoutMs: timeout, arm: arm ?? "default", priority: priority ?? 5, tags: tags ?? [] },
  } as unknown as Parameters<typeof submissionOf>[0];
  const submission = submissionOf(view) ?? {};
  const work = (spec.work ?? {}) as Record<string, unknown>;
  const isOwnType = type !== spec.kind && type !== work["call"];
  // Only its type says what it does: a function of that name, unless its arm has one for all its tasks.
  if (rest["byType"] === true) {
    delete submission["call"];
    submission["type"] = type ?? "";
  }
  const { expiresAt, onLost, delay, runAt, uniqueKey, cache, needs } = rest;
  return defined({
    ...submission,
    ...(isOwnType && { type }),
    ...{ expiresAt, onLost, delay, runAt, cache, needs },
    uniqueKey: uniqueKeyOf(uniqueKey),
  }) as Record<string, Json>;
}

function uniqueKeyOf(key: Json | undefined): Json | undefined {
  if (key === null || typeof key !== "object" || Array.isArray(key)) return key;
  const { periodMs, ...rest } = key;
  return periodMs === undefined ? rest : { ...rest, period: periodMs };
}

function pretty(value: Json): string {
  return JSON.stringify(value, undefined, 2);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
