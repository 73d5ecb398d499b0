/**
 * Which arm a task goes to, and what it gets from there: the arm that it names, else the one that claims its type, else
 * the default one. Arms come and go, so this is done when the turn of the submission has come.
 *
 * R1  Every new task is in an arm that is registered. Tasks that were stored under another name stay where they are.
 */
import { nearest } from "../base/nearest.ts";
import { OctopusError } from "../base/errors.ts";
import { DEFAULT_ARM_NAME } from "../core/limits/arms.ts";
import type { NewTask } from "../core/command.ts";
import type { Arm } from "../core/lane.ts";
import type { State } from "../core/state.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import type { Looked, PolicyJudge } from "./policy.ts";
import { policyOf, type TaskDefaults } from "./submission.ts";

/**
 * Gives each task its arm, with the defaults and the function of that arm; throws `invalid` for an arm that is not
 * registered, `forbidden` for a command that the policy refuses. `where` begins the path of a field; `from` is the number
 * of the first task in the whole submission.
 */
export function routeTasks(
  tasks: readonly NewTask[],
  specs: readonly TaskSpec[],
  state: State,
  defaults: TaskDefaults & { policy?: PolicyJudge | undefined },
  looked: Looked & { where?: string } = {},
): void {
  const { where = "tasks", from = 0 } = looked;
  const policy = looked.isJudged === true ? undefined : defaults.policy;
  // Neighbours are mostly alike: what was looked up for the last one is kept.
  let name: string | undefined;
  let type: string | undefined;
  let arm: Arm | undefined;
  for (let index = 0; index < specs.length; index++) {
    const spec = specs[index]!;
    const task = tasks[index]!;
    if (arm === undefined || spec.arm !== name || (name === undefined && spec.type !== type)) {
      name = spec.arm;
      type = spec.type;
      arm = armFor(state, spec, `${where}[${from + index}]`);
    }
    task.arm = arm.name;
    if (arm.settings.handler !== undefined && spec.byType === true) handle(task, spec.work, arm.settings.handler);
    if (arm.settings.timeoutMs !== undefined || arm.settings.retries !== undefined) inherit(task, spec, arm, defaults);
    if (spec.on !== undefined) checkCallbacks(state, spec, `${where}[${from + index}]`);
    if (policy?.isConcerned(spec, arm.name) !== true) continue;
    const place = { arm: arm.name, path: `${where}[${from + index}]`, index: from + index };
    policy.look(spec, { ...place, armOf: (inner, path) => armFor(state, inner, path).name }, looked);
  }
}

/** The arm for a task that is submitted now. */
export function armFor(state: State, spec: Pick<TaskSpec, "arm" | "type">, path: string): Arm {
  const name = spec.arm ?? state.limits.routes.get(spec.type) ?? DEFAULT_ARM_NAME;
  const arm = state.arms.get(name);
  if (arm === undefined) throw unknownArm(state, name, `${path}.arm`);
  return arm;
}

/** Callbacks name arms too; when they are sent it is too late to say so. */
function checkCallbacks(state: State, { on }: TaskSpec, path: string): void {
  for (const [index, { task }] of (on ?? []).entries()) {
    armFor(state, task, `${path}.on[${index}].task`);
    checkCallbacks(state, task, `${path}.on[${index}].task`);
  }
}

/** The function of the arm runs a task that has only a type. */
function handle(task: NewTask, work: Work, handler: string): void {
  task.handler = handler;
  task.work = JSON.stringify({ ...work, call: handler });
}

/** What the arm says where the task says nothing. */
function inherit(task: NewTask, spec: TaskSpec, { settings }: Arm, defaults: TaskDefaults): void {
  const { timeoutMs = defaults.timeoutMs, retries = defaults.retries } = settings;
  const policy = policyOf(spec, { timeoutMs, retries });
  if (policy === undefined) delete task.policy;
  else task.policy = policy;
}

/** The refusal of a name that no arm has. `path` is where it stands. */
export function unknownArm(state: State, name: string, path: string): OctopusError {
  const names = [...state.arms.keys()].toSorted();
  const guess = nearest(name, names);
  const hint = guess === undefined ? "" : ` (did you mean ${guess}?)`;
  const list = names.length <= 20 ? names.join(", ") : `${names.slice(0, 20).join(", ")}, … (${names.length} in all)`;
  const message = `names no arm: ${JSON.stringify(name)}${hint}. There are ${list}; \`octopus arms set ${name}\` registers one`;
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
