/** What a worker has not that a task needs, in words. Some of what workers can do is known by their labels alone. */
const SANDBOX: Readonly<Record<string, string>> = {
  "sandbox.network": "cannot keep tasks from the network",
  "sandbox.files": "cannot keep tasks from writing to its files",
  "sandbox.processes": "cannot hide its processes from tasks",
  "sandbox.user": "cannot run tasks as another user",
  "sandbox.limits": "cannot limit the memory and the files of tasks",
};

/** Why a worker without this label will not do, after its name; undefined for labels that say nothing of this kind. */
export function withoutLabel(label: string, isOne: boolean): string | undefined {
  const has = isOne ? "has" : "have";
  if (label === "python") return `${has} no Python of 3.9 or newer (no label python)`;
  if (label.startsWith("venv.")) return `${has} no virtual environment named ${label.slice(5)} (no label ${label})`;
  const words = Object.hasOwn(SANDBOX, label) ? SANDBOX[label] : undefined;
  return words === undefined ? undefined : `${isOne ? words : words.replace("its", "their")} (no label ${label})`;
}

/** What a task names that the worker has not: a function, or with a prefix an executor of one's own. */
export function withoutHandler(handler: string, isOne: boolean): string {
  const has = isOne ? "has" : "have";
  const [, executor] = /^executor:(.*)$/.exec(handler) ?? [];
  return executor === undefined ? `${has} no function named ${handler}` : `${has} no executor named ${executor}`;
}

/** A kind of task that the worker does not run. */
export function withoutKind(kind: string, isOne: boolean): string {
  if (kind === "docker")
    return isOne ? "has no container engine that answers" : "have no container engine that answers";
  if (kind === "custom") return isOne ? "was given no executors" : "were given no executors";
  return `${isOne ? "does" : "do"} not run ${kind} tasks`;
}
