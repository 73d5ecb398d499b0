/**
 * The short way for tasks that say no more than a command or a function, and what they need: large graphs are made of these,
 * and reading a hundred thousand of them key by key would take seconds. Whatever is out of the ordinary goes the long way,
 * which also has the words for what is wrong.
 */
import type { Json } from "../base/words.ts";
import { NAME_FORM } from "../protocol/common.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import type { ShellWork } from "../protocol/work/shell.ts";
import { hasExpression } from "./expression.ts";
import type { Head } from "./workflow-keys.ts";

/** What holds for all tasks where the file says nothing of it. */
export const NOTHING: Partial<TaskSpec> = {};

/** The task, or undefined when it has to go the long way. */
export function plainTask(
  id: string,
  value: Json,
  head: Head,
  env: Readonly<Record<string, string>>,
): TaskSpec | undefined {
  const { shared } = head;
  if (shared === undefined || !NAME_FORM.test(id)) return undefined;
  if (typeof value === "string") {
    const command = shellOf(value, head, env);
    return command && specOf(id, "shell", command, undefined, head);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  let work: Work | undefined;
  let needs: string[] | undefined;
  let type = "shell";
  for (const key in value) {
    const one = value[key]!;
    if (key === "needs") {
      needs = needsOf(one);
      if (needs === undefined) return undefined;
    } else if (key === "shell" && work === undefined && typeof one === "string") {
      work = shellOf(one, head, env);
    } else if (key === "call" && work === undefined && typeof one === "string" && NAME_FORM.test(one)) {
      work = { kind: "call", call: one };
      type = one;
    } else return undefined;
  }
  if (work === undefined) return undefined;
  return specOf(id, type, work, needs, head);
}

function specOf(id: string, type: string, work: Work, needs: string[] | undefined, { shared }: Head): TaskSpec {
  const spec: TaskSpec = { id, name: id, type, kind: work.kind, work };
  if (shared !== NOTHING) Object.assign(spec, shared);
  if (needs !== undefined) spec.needs = needs;
  return spec;
}

function shellOf(command: string, head: Head, env: Readonly<Record<string, string>>): Work | undefined {
  if (command === "" || hasExpression(command)) return undefined;
  const cwd = head.defaults["cwd"] as string | undefined;
  const shell: ShellWork = { command };
  if (head.hasEnv) shell.env = env;
  if (cwd !== undefined) shell.cwd = cwd;
  return { kind: "shell", shell };
}

/** Names, each once. */
function needsOf(value: Json): string[] | undefined {
  if (typeof value === "string") return value === "" || value.length > 300 ? undefined : [value];
  if (!Array.isArray(value)) return undefined;
  for (const one of value) if (typeof one !== "string" || one === "" || one.length > 300) return undefined;
  if (value.length < 2 || (value.length === 2 && value[0] !== value[1])) return value as string[];
  return [...new Set(value as string[])];
}
