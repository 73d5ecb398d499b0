/**
 * What a trigger starts, before the event is known: a task, or a run of a registered workflow, with `${{ event.… }}` in it.
 *
 * TT1  Text of an event never becomes part of a command: where a command names it, it names an environment variable.
 * TT2  What can be seen to be wrong without an event is refused as the server starts.
 */
import { assert } from "../base/assert.ts";
import type { Json } from "../base/words.ts";
import { findingsOf, pathText, show } from "../protocol/parse.ts";
import { TaskSubmission } from "../protocol/task.ts";
import type { TriggerKind } from "../protocol/trigger.ts";
import { hasExpression, mapTexts, textOf } from "../workflow/expression.ts";
import { type EventData, taskIdOf } from "./event.ts";
import { checkText, evaluate, holds, readCondition } from "./expressions.ts";
import { closedCommands } from "./closed-command.ts";
import { checkName, invalid, type TriggerConfig } from "./settings.ts";

/** A run as it would be submitted. */
export interface RunDraft {
  workflow: string;
  params: Record<string, Json>;
  arm?: string;
}
export type Draft = { task: Record<string, Json> } | { run: RunDraft };

/** Parts of a task that hold values of any kind; everywhere else a value is written as text. */
const VALUES: ReadonlySet<string> = new Set(
  ["input", "priority", "retries", "timeout", "delay", "tags", "resources", "target"].concat([
    "with",
    "plugin.args",
    "plugin.kwargs",
    "http.body",
    "http.json",
    "params",
  ]),
);
/** Linux refuses a variable of 128 KiB. */
const ENV_MAX = 100_000;

export interface TemplateOptions {
  name: string;
  kind: TriggerKind;
  config: TriggerConfig;
  /** The arm of tasks that name none. */
  arm: string | undefined;
}

export class Template {
  /** In words: `workflow deploy`, `shell: make`. */
  readonly text: string;
  /** The arm that is named, where that is known before an event is. */
  readonly arm: string | undefined;
  readonly workflow: string | undefined;
  readonly #name: string;
  readonly #task: Record<string, Json> | undefined;
  readonly #params: Json;
  readonly #when: string | undefined;

  constructor({ name, kind, config, arm }: TemplateOptions) {
    const where = `triggers.${name}`;
    this.#name = name;
    const { task, workflow, params, when } = config;
    if ((task === null) === (workflow === null))
      throw invalid(where, `must say what it starts: either task or workflow, not ${task === null ? "none" : "both"}`);
    if (params !== null && workflow === null)
      throw invalid(`${where}.params`, "belongs to workflow; a task has its own fields");
    this.#when = when === null ? undefined : readCondition(when, kind, `${where}.when`);
    this.arm = config.arm ?? arm;
    if (workflow === null) {
      this.#task = readTask(task, kind, this.arm, `${where}.task`);
      this.text = wordsOf(task);
      if (typeof this.#task["arm"] === "string") this.arm = this.#task["arm"];
    } else {
      checkName(workflow, `${where}.workflow`);
      this.text = `workflow ${workflow}`;
      this.workflow = workflow;
      if (params !== null) checkMapping(params, `${where}.params`);
      mapTexts(params, (text, path) => (checkText(text, kind, pathText(["params", ...path], where)), text));
    }
    this.#params = params ?? {};
  }

  /** The command of its task: all of it but the values of variables is known before an event is. */
  get command(): { command: string; shell?: string[]; cwd?: string; env?: Record<string, string> } | undefined {
    const work = this.#task?.["shell"];
    if (typeof work === "string") return { command: work };
    if (typeof work !== "object" || work === null || Array.isArray(work) || typeof work["command"] !== "string")
      return undefined;
    return work as { command: string };
  }

  /** What the event starts; undefined when `when` is false. Throws `invalid` for what this event makes of it. */
  draft(event: EventData): Draft | undefined {
    const where = `triggers.${this.#name}`;
    if (this.#when !== undefined && !holds(this.#when, event, `${where}.when`)) return undefined;
    if (this.#task !== undefined) {
      const id = taskIdOf(this.#name, event);
      return { task: { ...(filled(this.#task, event, `${where}.task`) as Record<string, Json>), ...{ id } } };
    }
    assert(this.workflow !== undefined, "a trigger starts nothing");
    const params = mapTexts(this.#params, (text, path) =>
      hasExpression(text) ? evaluate(text, event, pathText(["params", ...path], where)) : text,
    ) as Record<string, Json>;
    return { run: { workflow: this.workflow, params, ...(this.arm !== undefined && { arm: this.arm }) } };
  }
}

/** The task with the values of this event in place. */
function filled(task: Record<string, Json>, event: EventData, where: string): Json {
  return mapTexts(task, (text, path) => {
    if (text === WHOLE) return wholeOf(path, event);
    if (!hasExpression(text)) return text;
    const value = evaluate(text, event, pathText(path, where));
    if (isValue(path)) return value;
    const written = textOf(value);
    if (written.includes("\0")) throw invalid(pathText(path, where), "must not hold a zero byte");
    if (path[1] === "env" && written.length > ENV_MAX) {
      const words = `is ${written.length} characters long, and a variable holds at most ${ENV_MAX}: give it by stdin`;
      throw invalid(pathText(path, where), words);
    }
    return written;
  });
}

/** Stands for the whole event until it is known. No configuration can hold a zero byte. */
const WHOLE = "\0event";

/** As JSON in a variable, where it fits; as it is as the input of a function. */
function wholeOf(path: readonly (string | number)[], event: EventData): Json {
  if (path[0] === "input") return event;
  const text = JSON.stringify(event);
  return text.length <= ENV_MAX ? text : "";
}

function isValue(path: readonly (string | number)[]): boolean {
  return VALUES.has(String(path[0])) || VALUES.has(`${path[0]}.${path[1]}`);
}

function readTask(given: Json, kind: TriggerKind, arm: string | undefined, where: string): Record<string, Json> {
  const text = typeof given === "string" ? { shell: given } : given;
  checkMapping(text, where);
  if (text["id"] !== undefined)
    throw invalid(
      `${where}.id`,
      "is given by the trigger, so that an event starts one task; uniqueKey tells others apart",
    );
  const open: string[] = [];
  const sample = mapTexts(text, (one, path) => {
    checkText(one, kind, pathText(path, where));
    if (!hasExpression(one)) return one;
    open.push(pathText(path));
    return "x";
  });
  const read = TaskSubmission.safeParse(sample);
  if (!read.success) {
    // What an expression stands for is checked when it is known.
    const found = findingsOf(read.error, sample).filter(({ path }) => !open.includes(pathText(path)));
    if (found.length > 0)
      throw invalid(where, found.map(({ path, message }) => `${pathText(path)} ${message}`.trim()).join("; "));
  }
  const task = closedCommands(text, where);
  return { ...(arm !== undefined && task["arm"] === undefined && { arm }), ...withEvent(task) };
}

/** Commands find the whole event in a variable, and a function without an input has it as its input. */
function withEvent(task: Record<string, Json>): Record<string, Json> {
  if (typeof task["call"] === "string" && task["input"] === undefined) return { ...task, input: WHOLE };
  for (const kind of ["shell", "docker"] as const) {
    const work = task[kind];
    if (work === undefined) continue;
    const long =
      typeof work === "string" ? { [kind === "shell" ? "command" : "image"]: work } : { ...(work as object) };
    const env = (long as { env?: Record<string, Json> }).env;
    return { ...task, [kind]: { ...long, env: { OCTOPUS_EVENT: WHOLE, ...env } } };
  }
  return task;
}

function checkMapping(value: Json, where: string): asserts value is Record<string, Json> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw invalid(where, `must be a mapping, not ${show(value)}`);
}

/** `shell: make`, `call: import`. */
function wordsOf(task: Json): string {
  if (typeof task !== "object" || task === null || Array.isArray(task)) return `shell: ${textOf(task)}`.slice(0, 200);
  for (const kind of ["shell", "http", "call", "plugin", "docker", "wasm", "uses", "type"]) {
    const work = task[kind];
    if (work === undefined) continue;
    const main = typeof work === "object" && work !== null && !Array.isArray(work) ? mainOf(work) : work;
    return `${kind}: ${textOf(main)}`.slice(0, 200);
  }
  return "a task";
}

function mainOf(work: Record<string, Json>): Json {
  return work["command"] ?? work["url"] ?? work["name"] ?? work["image"] ?? work["module"] ?? work;
}
