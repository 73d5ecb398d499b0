/**
 * A DAG of Airflow, as Airflow itself serializes it to JSON. Bash and empty operators are carried over; others run Python
 * that only Airflow has.
 */
import { parseDuration } from "../base/duration.ts";
import type { Json } from "../base/words.ts";
import { type Converted, Draft, isSingleQuoted, literal, seconds } from "./draft.ts";
import { labelsOf } from "./place.ts";
import { isMapping, known, type Mapping, notThatKind, type Path, Source, textOf, textsOf } from "./source.ts";

const TRIGGERS: Readonly<Record<string, string>> = {
  all_done: "all_done",
  one_success: "any_succeeded",
  one_failed: "any_failed",
  none_failed: "none_failed",
};
const PRESETS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@quarterly": "0 0 1 */3 *",
  "@yearly": "0 0 1 1 *",
};
/** Of a task: those that mean something else here, or nothing. */
const LOST_IF_TRUE: Readonly<Record<string, string>> = {
  depends_on_past: "waits for the run before: there is no such need here",
  wait_for_downstream: "waits for the run before: there is no such need here",
  has_on_failure_callback: "calls Python when it fails: write a handler (onFailure)",
  has_on_success_callback: "calls Python when it succeeds: write a handler (on: {success: …})",
  has_on_retry_callback: "calls Python when it is tried again",
  has_on_execute_callback: "calls Python before it runs",
};

export function convertAirflow(text: string, options: { source: string }): Converted {
  const source = new Source(text, options.source, "JSON");
  const [top] = source.values;
  const dag = isMapping(top) ? (isMapping(top["dag"]) ? top["dag"] : top) : undefined;
  if (dag === undefined || !Array.isArray(dag["tasks"]))
    throw notThatKind(options.source, "serialized DAG", "it needs dag.tasks, as SerializedDAG.to_dict writes them");
  const draft = new Draft();
  const id = textOf(dag["_dag_id"]) ?? textOf(dag["dag_id"]) ?? "dag";
  draft.head["name"] = id.slice(0, 200);
  const description = textOf(dag["_description"]) ?? textOf(dag["description"]);
  if (description !== undefined) draft.head["description"] = literal(description);
  draft.comments.push(`From ${options.source}, a DAG of Airflow.`);
  readHead(dag, draft, source);
  const tasks = dag["tasks"].map((task) => unwrap(task)).filter(isMapping);
  const upstream = upstreamOf(tasks);
  const leaves = tasks.filter((task) => textsOf(unwrap(task["downstream_task_ids"])).length === 0);
  if (leaves.some((task) => ["all_done", "one_failed"].includes(textOf(task["trigger_rule"]) ?? "")))
    source.note(
      "Airflow judges a run by its last tasks alone; here a task that failed makes the run fail (allowFailure: true says otherwise)",
    );
  for (const task of tasks) draft.nameFor(textOf(task["task_id"]) ?? "");
  for (const [index, task] of tasks.entries()) readTask(task, ["dag", "tasks", index], { draft, source, upstream });
  return { text: draft.render(), losses: source.losses, notes: source.notes };
}

/** `{"__type": …, "__var": …}` is a value with its type beside it. */
function unwrap(value: Json | undefined): Json | undefined {
  return isMapping(value) && "__var" in value ? unwrap(value["__var"]) : value;
}

function readHead(dag: Mapping, draft: Draft, source: Source): void {
  const schedule = scheduleOf(dag, source);
  if (schedule !== undefined) {
    const zone = textOf(unwrap(dag["timezone"]));
    const catchUp = dag["catchup"] === true ? "all" : "none";
    draft.head["schedule"] = { cron: schedule, zone: zone ?? "UTC", catchUp };
    source.note(
      "Airflow starts a run at the end of its interval, here it starts at the moment that the schedule names",
    );
  }
  const runs = dag["max_active_runs"];
  if (typeof runs === "number") draft.head["concurrency"] = { group: draft.head["name"]!, limit: runs };
  const most = dag["max_active_tasks"] ?? dag["_max_active_tasks"] ?? dag["_concurrency"];
  if (typeof most === "number") draft.head["maxParallel"] = most;
  const limit = unwrap(dag["dagrun_timeout"]);
  if (typeof limit === "number") draft.head["runTimeout"] = seconds(limit);
  const params = unwrap(dag["params"]);
  const list = Array.isArray(params) ? params.filter(Array.isArray) : isMapping(params) ? Object.entries(params) : [];
  const made: Mapping = {};
  for (const [name, param] of list) made[String(name)] = paramOf(unwrap(param));
  if (Object.keys(made).length > 0) draft.head["params"] = made;
  for (const key of ["has_on_failure_callback", "has_on_success_callback"])
    if (dag[key] === true)
      source.lose(["dag", key], "the DAG calls Python at its end: write a handler (on: {failure: …})");
}

function paramOf(param: Json | undefined): Json {
  if (!isMapping(param) || !("default" in param || "__class" in param)) return param ?? null;
  const schema = unwrap(param["schema"]);
  const value = unwrap(param["default"]) ?? unwrap(param["value"]) ?? null;
  const type = isMapping(schema) ? textOf(schema["type"]) : undefined;
  const description = textOf(param["description"]);
  if (type === undefined && description === undefined) return value;
  return {
    ...(type !== undefined && { type }),
    ...(value !== null && { default: value }),
    ...(description !== undefined && { description }),
  };
}

function scheduleOf(dag: Mapping, source: Source): string | undefined {
  const timetable = dag["timetable"];
  if (isMapping(timetable)) {
    const kind = textOf(timetable["__type"]) ?? "";
    const expression = isMapping(timetable["__var"]) ? textOf(timetable["__var"]["expression"]) : undefined;
    if (/\.(CronDataIntervalTimetable|CronTriggerTimetable)$/.test(kind) && expression !== undefined) return expression;
    if (/\.(NullTimetable|OnceTimetable)$/.test(kind)) return undefined;
    source.lose(["dag", "timetable"], `the timetable ${kind} is not known: write a schedule`);
    return undefined;
  }
  const interval = unwrap(dag["schedule_interval"]);
  if (typeof interval === "string") {
    if (interval === "@once" || interval === "@none") return undefined;
    const preset = known(PRESETS, interval);
    if (preset !== undefined) return preset;
    if (!interval.startsWith("@")) return interval;
  } else if (interval === null || interval === undefined) return undefined;
  source.lose(["dag", "schedule_interval"], `${JSON.stringify(interval)} is no cron expression: write a schedule`);
  return undefined;
}

function upstreamOf(tasks: readonly Mapping[]): Map<string, string[]> {
  const upstream = new Map<string, string[]>();
  for (const task of tasks) {
    const downstream = [
      ...textsOf(unwrap(task["downstream_task_ids"])),
      ...textsOf(unwrap(task["_downstream_task_ids"])),
    ];
    for (const below of downstream) {
      const list = upstream.get(below) ?? [];
      list.push(textOf(task["task_id"]) ?? "");
      upstream.set(below, list);
    }
  }
  return upstream;
}

interface Work {
  draft: Draft;
  source: Source;
  upstream: ReadonlyMap<string, string[]>;
}

function readTask(task: Mapping, path: Path, { draft, source, upstream }: Work): void {
  const id = textOf(task["task_id"]) ?? "";
  const lose = (key: string, message: string): void => source.lose([...path, key], `${id}: ${message}`);
  const made: Mapping = {};
  const needs = (upstream.get(id) ?? []).map((above) => draft.nameFor(above));
  if (needs.length > 0) made["needs"] = needs.length === 1 ? needs[0]! : needs;
  const rule = textOf(task["trigger_rule"]) ?? "all_success";
  const trigger = known(TRIGGERS, rule);
  if (trigger !== undefined) made["trigger"] = trigger;
  else if (rule === "always") delete made["needs"];
  else if (rule !== "all_success")
    lose(
      "trigger_rule",
      `there is no trigger like ${rule}; known are all_success, always, ${Object.keys(TRIGGERS).join(", ")}`,
    );
  made["shell"] = workOf(task, lose);
  readLimits(task, made, lose);
  const documentation = textOf(task["doc"]) ?? textOf(task["doc_md"]);
  draft.addTask(draft.nameFor(id), made, documentation === undefined ? [] : [documentation.slice(0, 200)]);
}

type Lose = (key: string, message: string) => void;

function workOf(task: Mapping, lose: Lose): Json {
  const kind = textOf(task["_task_type"]) ?? textOf(task["task_type"]) ?? "an unknown operator";
  if (task["_is_mapped"] === true || "expand_input" in task || "_expand_input_attr" in task) {
    lose("expand_input", "it is mapped over a list: write each");
    return "false";
  }
  if (kind === "EmptyOperator" || kind === "DummyOperator" || task["_is_empty"] === true) return "true";
  const command = textOf(unwrap(task["bash_command"]));
  if (kind !== "BashOperator" || command === undefined) {
    lose("_task_type", `${kind} runs in Airflow alone: write shell, http, call, plugin or docker`);
    return "false";
  }
  const skip = unwrap(task["skip_on_exit_code"]);
  const odd = (Array.isArray(skip) ? skip : [skip]).find((code) => code !== undefined && code !== null && code !== 99);
  if (odd !== undefined) lose("skip_on_exit_code", `exit code ${JSON.stringify(odd)} does not skip here: 99 does`);
  if (/\.(sh|bash)$/.test(command.trim()) && !/\s/.test(command.trim()))
    lose("bash_command", `Airflow reads ${JSON.stringify(command)} as the name of a template, not as a command`);
  const env = unwrap(task["env"]);
  const cwd = textOf(unwrap(task["cwd"]));
  return {
    command: withoutTemplates(command, "bash_command", lose),
    shell: ["bash", "-c"],
    ...(isMapping(env) && { env: envOf(env, task, lose) }),
    ...(cwd !== undefined && { cwd: withoutTemplates(cwd, "cwd", lose) }),
  };
}

function envOf(env: Mapping, task: Mapping, lose: Lose): Mapping {
  if (task["append_env"] !== true)
    lose("env", "it replaces the whole environment there; here it is added to that of the worker");
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      withoutTemplates(textOf(unwrap(value)) ?? JSON.stringify(value), "env", lose),
    ]),
  );
}

/** Params of templates become variables; other templates are told of. */
function withoutTemplates(text: string, key: string, lose: Lose): string {
  const escaped = literal(text);
  const made = escaped.replace(/\{\{-?\s*params\.([A-Za-z_]\w*)\s*-?\}\}/g, (whole, name: string, at: number) => {
    if (key !== "bash_command") return `\${{ params.${name} }}`;
    if (isSingleQuoted(escaped.slice(0, at)))
      lose(key, `${whole} stands between single quotes, where a shell puts no value`);
    return `\${OCTOPUS_PARAM_${name}}`;
  });
  const rest = made.replace(/\$\{\{ params\.\w+ \}\}/g, "").replaceAll("$${{", "");
  const template = /\{\{.*?\}\}|\{%.*?%\}/s.exec(rest);
  if (template !== null) lose(key, `the template ${template[0]} is filled in by Airflow`);
  return made;
}

function readLimits(task: Mapping, made: Mapping, lose: Lose): void {
  const retries = task["retries"];
  const delay = durationOf(task["retry_delay"]);
  if (typeof retries === "number" && retries > 0) {
    const isGrowing = task["retry_exponential_backoff"] === true;
    const most = durationOf(task["max_retry_delay"]);
    made["retries"] = {
      limit: retries,
      delay: seconds(delay ?? 300),
      ...(isGrowing && { backoff: "exponential" }),
      ...(isGrowing && most !== undefined && { maxDelay: seconds(most) }),
    };
  }
  const timeout = durationOf(task["execution_timeout"]);
  if (timeout !== undefined) made["timeout"] = seconds(timeout);
  for (const [key, message] of Object.entries(LOST_IF_TRUE)) if (task[key] === true) lose(key, message);
  const pool = textOf(task["pool"]);
  if (pool !== undefined && pool !== "default_pool")
    lose("pool", `the pool ${pool} limits tasks of all DAGs: give an arm a limit, and name it with arm`);
  const queue = textOf(task["queue"]);
  if (queue !== undefined && queue !== "default") readQueue(queue, made, lose);
  if ((unwrap(task["email"]) ?? "") !== "") lose("email", "mail is sent by a task: write a handler");
  if (textOf(task["run_as_user"]) !== undefined) lose("run_as_user", "tasks run as the user of their worker");
}

/** Workers listen to queues there; here they are found by a label. */
function readQueue(queue: string, made: Mapping, lose: (key: string, message: string) => void): void {
  const labels = labelsOf({ queue });
  if (labels === undefined) lose("queue", `${queue}: the value of a label has letters, digits and _ . : / + -`);
  else made["target"] = { labels };
}

function durationOf(value: Json | undefined): number | undefined {
  const plain = unwrap(value);
  if (typeof plain === "number") return plain;
  const ms = typeof plain === "string" ? parseDuration(plain) : undefined;
  return ms === undefined ? undefined : ms / 1000;
}
