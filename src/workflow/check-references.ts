/**
 * What expressions say of other tasks: a task may look at what it needs, directly or not, for nothing else is known to have
 * ended when its turn comes. Tasks with a role come after all, and may look at all.
 */
import type { TaskSpec } from "../protocol/task.ts";
import type { CompiledTask } from "./compile-task.ts";
import { pathText } from "./problems.ts";
import type { TaskReference } from "./task-reading.ts";
import type { Head } from "./workflow-keys.ts";

/** Tasks looked at for all references together; what is left over is taken to be right. */
const LOOKS_MAX = 5_000_000;

export function checkReferences(
  all: readonly TaskSpec[],
  tasks: readonly CompiledTask[],
  roles: readonly CompiledTask[],
  head: Head,
): void {
  if (![...tasks, ...roles].some(({ reading }) => (reading?.references.length ?? 0) > 0)) return;
  const specs = new Map(all.map((spec) => [spec.id!, spec]));
  const ancestors = new Ancestors(specs);
  const { document } = head;
  const tell = ({ path }: TaskReference, message: string): void =>
    document.problems.at(document.locate(path), `${pathText(path)} ${message}`);

  for (const { spec, reading } of tasks) {
    if (spec === undefined || reading === undefined) continue;
    for (const reference of reading.references) {
      const { task } = reference;
      if (task === spec.id) tell(reference, `names tasks.${task}, which is the task itself`);
      else if (!ancestors.has(spec, task))
        tell(reference, `names tasks.${task}, and does not need it: add ${task} to needs`);
      else checkField(reference, specs.get(task), tell, head);
    }
  }
  for (const { reading } of roles) {
    for (const reference of reading?.references ?? []) checkField(reference, specs.get(reference.task), tell, head);
  }
}

type TellReference = (reference: TaskReference, message: string) => void;

/** What is named of a task must be there as far as the file says what is there. */
function checkField(reference: TaskReference, target: TaskSpec | undefined, tell: TellReference, head: Head): void {
  if (target === undefined) return;
  const { task, field, output } = reference;
  const isList = target.work.kind === "each";
  if (field === "members" && !isList) return tell(reference, `names members of ${task}, which has no each`);
  if (field !== "outputs" || output === undefined) return;
  if (target.work.kind === "each" && target.work.each.workers === true) return;
  if (isList) {
    const words = `names tasks.${task}.outputs.${output}, and ${task} has each: its outputs are a list`;
    return tell(reference, `${words}; write tasks.${task}.outputs.map(o, o.${output})`);
  }
  const declared = declaredOutputs(target);
  if (declared === undefined || declared.includes(output)) return;
  const near = head.document.problems.suggest(output, declared);
  tell(reference, `names the unknown output ${output} of ${task}${near}; it has ${declared.join(", ")}`);
}

/** Names of all that a task leaves; undefined when its file does not say. */
export function declaredOutputs({ work, node }: TaskSpec): string[] | undefined {
  const computed = Object.keys(node?.outputs ?? {});
  if (work.kind === "shell" || work.kind === "docker" || work.kind === "wasm") {
    const { outputs = {} } = work.kind === "shell" ? work.shell : work.kind === "docker" ? work.docker : work.wasm;
    const written = Object.keys(outputs);
    return written.length === 0 ? undefined : [...written, ...computed];
  }
  return computed.length === 0 ? undefined : computed;
}

/** Answers whether a task needs another one, directly or not. */
class Ancestors {
  readonly #specs: ReadonlyMap<string, TaskSpec>;
  #looks = 0;

  constructor(specs: ReadonlyMap<string, TaskSpec>) {
    this.#specs = specs;
  }

  has(task: TaskSpec, wanted: string): boolean {
    if (task.needs === undefined) return false;
    if (task.needs.includes(wanted)) return true;
    const seen = new Set(task.needs);
    for (const name of seen) {
      if (++this.#looks > LOOKS_MAX) return true;
      for (const need of this.#specs.get(name)?.needs ?? []) {
        if (need === wanted) return true;
        seen.add(need);
      }
    }
    return false;
  }
}
