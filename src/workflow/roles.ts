/**
 * Tasks with a role: those that undo others, and those that run when the others are over. They are tasks like all others,
 * but for their places: nothing needs them, and they need nothing.
 */
import type { Json, Role } from "../base/words.ts";
import type { CompiledTask } from "./compile-task.ts";
import { compileTask } from "./compile-task.ts";
import { isMapping } from "./keys.ts";
import { type Path, pathText } from "./problems.ts";
import type { Head } from "./workflow-keys.ts";

/** What makes no sense in them. */
const NOT_THERE = ["needs", "depends", "trigger", "compensate"];

export function compileRoles(
  head: Head,
  tasks: readonly CompiledTask[],
  env: Readonly<Record<string, string>>,
): CompiledTask[] {
  const roles: CompiledTask[] = [];
  const add = (id: string, value: Json, path: Path, role: Role, of?: string): void => {
    const made = compileRole(id, value, path, head, env);
    if (made.spec !== undefined) made.spec.node = { ...made.spec.node, role, ...(of !== undefined && { of }) };
    roles.push(made);
  };
  for (const { reading } of tasks) {
    if (reading?.compensate === undefined) continue;
    const { id, compensate } = reading;
    add(`compensate.${id}`, compensate, ["tasks", id, "compensate"], "compensate", id);
  }
  for (const { role, id, value, path } of head.handlers) add(id, value, path, role);
  return roles;
}

function compileRole(
  id: string,
  value: Json,
  path: Path,
  head: Head,
  env: Readonly<Record<string, string>>,
): CompiledTask {
  const { document } = head;
  if (Object.hasOwn(head.tasks, id)) {
    const words = `makes a task named ${id}, and there is a task of that name: give that one another name`;
    document.problems.at(document.locate(path, "key"), `${pathText(path)} ${words}`);
  }
  if (isMapping(value)) {
    for (const key of NOT_THERE) {
      if (!(key in value)) continue;
      const at = [...path, key];
      const words = "does not go with it: it runs when the tasks of the workflow are over";
      document.problems.at(document.locate(at, "key"), `${pathText(at)} ${words}`);
    }
  }
  return compileTask(id, isMapping(value) ? without(value) : value, head, env, path);
}

function without(value: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !NOT_THERE.includes(key)));
}
