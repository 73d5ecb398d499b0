/** Turns the options of `submit` into a task, or into many that differ in a number or a line. */
import type { Json } from "../base/words.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import { asksOf } from "./asks.ts";
import { kindOf, kindsNamed } from "./kind-options.ts";
import { isoOf, laterOf } from "./moments.ts";
import { jsonOrText, listOf, textOf, usage, wholeOf } from "./read.ts";
import { shellLine } from "./shell-quote.ts";

type Options = Readonly<Record<string, unknown>>;

/** What all tasks of one `submit` share. `cwd` is the folder for commands that name none. */
export function templateOf(args: readonly string[], options: Options, cwd: string | undefined): TaskSubmission {
  const call = textOf(options, "call");
  const http = textOf(options, "http");
  const named = kindsNamed(options);
  const others = [call !== undefined, http !== undefined, args.length > 0 && named.length === 0].filter(Boolean).length;
  if (named.length + others !== 1)
    throw usage(
      "say one thing to do: a command after --, --call, --http, --plugin, --docker, --wasm, --uses, or --from-json",
    );
  if (options["input"] !== undefined && call === undefined) throw usage("--input belongs to --call");
  const task: TaskSubmission = { ...commonOf(options) };
  const env = envOf(options);
  const other = kindOf(args, options, env);
  if (call !== undefined) return { ...task, call, ...inputOf(options) };
  if (http !== undefined) return { ...task, http };
  if (other !== undefined) return { ...task, ...other };
  const folder = textOf(options, "cwd") ?? cwd;
  return {
    ...task,
    shell: {
      command: shellLine(args),
      ...(folder !== undefined && { cwd: folder }),
      ...(env !== undefined && { env }),
    },
  };
}

function commonOf(options: Options): TaskSubmission {
  const out: TaskSubmission = asksOf(options);
  for (const name of ["id", "name", "arm", "delay", "timeout"] as const) {
    const value = textOf(options, name);
    if (value !== undefined) out[name] = value;
  }
  const priority = wholeOf(options, "priority", 0, 10);
  if (priority !== undefined) out.priority = priority;
  const retries = wholeOf(options, "retries", 0, 1000);
  if (retries !== undefined) out.retries = retries;
  const tags = listOf(options, "tag");
  if (tags !== undefined) out.tags = tags;
  const needs = listOf(options, "needs");
  if (needs !== undefined) out.needs = needs;
  const expires = laterOf(options, "expires", Date.now());
  if (expires !== undefined) out.expiresAt = isoOf(expires);
  return out;
}

function inputOf(options: Options): { input?: Json } {
  const text = textOf(options, "input");
  return text === undefined ? {} : { input: jsonOrText(text) as Json };
}

function envOf(options: Options): Record<string, string> | undefined {
  const pairs = options["env"] as string[] | undefined;
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw usage(`--env must read key=value, not ${JSON.stringify(pair)}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

const ARRAY_MAX = 10_000_000;

/** The numbers of `--array`: `1-1000`, or `7` alone. */
export function readRange(text: string): { from: number; to: number } {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match && from <= to && to - from < ARRAY_MAX) return { from, to };
  throw usage(
    `--array must read from-to with at most ${ARRAY_MAX} numbers, such as 1-1000, not ${JSON.stringify(text)}`,
  );
}

/** One task for each number. */
export function* arrayTasks(
  template: TaskSubmission,
  { from, to }: { from: number; to: number },
): Generator<TaskSubmission> {
  for (let index = from; index <= to; index++) {
    yield variantOf(template, String(index), { OCTOPUS_ARRAY_INDEX: String(index) }, index);
  }
}

/** One task for each line; empty lines are passed over. */
export async function* lineTasks(
  template: TaskSubmission,
  lines: AsyncIterable<string>,
): AsyncGenerator<TaskSubmission> {
  let index = 0;
  for await (const line of lines) {
    if (line === "") continue;
    index++;
    yield variantOf(template, String(index), { OCTOPUS_LINE: line }, jsonOrText(line) as Json);
  }
}

/** What runs a program gets the difference as a variable, a function as its input, a plugin as its last value. */
function variantOf(template: TaskSubmission, suffix: string, env: Record<string, string>, input: Json): TaskSubmission {
  if (template.http !== undefined) throw usage("--array and --each-line go with a command or --call, not with --http");
  const task: TaskSubmission = { ...template };
  if (template.id !== undefined) task.id = `${template.id}-${suffix}`;
  if (template.name !== undefined) task.name = `${template.name}-${suffix}`;
  const { shell, docker, wasm, plugin } = template;
  if (template.uses !== undefined) throw usage("--array and --each-line do not go with --uses");
  if (typeof shell === "object") task.shell = { ...shell, env: { ...shell.env, ...env } };
  else if (typeof docker === "object") task.docker = { ...docker, env: { ...docker.env, ...env } };
  else if (typeof wasm === "object") task.wasm = { ...wasm, env: { ...wasm.env, ...env } };
  else if (typeof plugin === "object") task.plugin = { ...plugin, args: [...(plugin.args ?? []), input] };
  else if (template.input !== undefined)
    throw usage("--input stands beside --array or --each-line, which give the input: leave one out");
  else task.input = input;
  return task;
}
