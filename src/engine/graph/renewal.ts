/**
 * A run that is done again with other params: its pinned definition is compiled with them, and what is done again does what
 * comes of that. What has succeeded stays as it is.
 *
 * RN1  An `each` keeps its members when its list has as many items as before; each of those that are done again is made
 *      anew from its item. Otherwise, and for runs inside the run, all of it is made anew.
 */
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { State } from "../../core/state.ts";
import type { WorkflowTarget } from "../../protocol/schedule.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { RunSpec } from "../../protocol/workflow.ts";
import { specText } from "../node-rule.ts";
import type { Clock, Evaluator, Library, Outside, Prepared } from "../ports.ts";
import type { RetryNode, StoredRunScope } from "../stored.ts";
import type { Evaluation } from "./evaluation.ts";
import { type Change, Reopener } from "./reopening.ts";
import { Scope } from "./scope.ts";

export interface RenewalOptions {
  clock: Clock;
  library: Library;
  outside: Outside;
  evaluation: Evaluation;
}

/** Members that are made in one step. */
const STEP = 50;

export class Renewal {
  readonly params: Record<string, Json>;
  readonly #run: number;
  readonly #specs: ReadonlyMap<string, TaskSpec>;
  /** What members do now, by their numbers. */
  readonly #members = new Map<number, Change>();
  /** Numbers of the containers that keep their members. */
  readonly #kept = new Set<number>();

  constructor(run: number, spec: RunSpec) {
    this.#run = run;
    this.params = spec.params ?? {};
    this.#specs = new Map(spec.tasks.map((task) => [task.id ?? "", task]));
  }

  keeps = ({ task }: RetryNode): boolean => this.#kept.has(task);

  /** What this task does from now on. */
  change = ({ task, name, run, inside }: RetryNode): Change | undefined => {
    if (run !== this.#run) return undefined;
    if (inside !== undefined) return this.#members.get(task);
    return changeOf(this.#specOf(name));
  };

  #specOf(name: string): TaskSpec {
    const spec = this.#specs.get(name);
    if (spec !== undefined) return spec;
    throw invalid(`make another workflow: there is no task named ${JSON.stringify(name)} in it then`);
  }

  /** Looks at the containers that could keep what they hold; `choose` says what is done again. */
  async look(
    options: RenewalOptions,
    scope: StoredRunScope,
    state: State,
    choose: (reopener: Reopener) => void,
  ): Promise<void> {
    const first = new Reopener(state, options.library, ({ kind, run, inside }) => {
      return kind === "each" && run === this.#run && inside === undefined;
    });
    choose(first);
    const chosen = first.chosen();
    for (const { node, holds } of chosen) {
      if (!holds || node.kind !== "each" || node.run !== this.#run) continue;
      const again = new Set(
        chosen.filter(({ node: { inside } }) => inside === node.task).map((each) => each.node.task),
      );
      await this.#renewMembers(options, { ...scope, params: this.params }, node, again);
    }
  }

  async #renewMembers(
    { clock, library, evaluation }: RenewalOptions,
    stored: StoredRunScope,
    node: RetryNode,
    again: ReadonlySet<number>,
  ): Promise<void> {
    const pause = (): Promise<void> => new Promise((resolve) => clock.soon(resolve));
    const scope = new Scope(library, stored);
    const prepared = await prepare(await evaluation.load(), this.#specOf(node.name), scope, pause);
    if (prepared.type !== "each" || prepared.total !== node.total) return;
    for (let index = 0; ;) {
      const members = library.members(node.task, index, STEP);
      for (const { task } of members) {
        if (again.has(task)) this.#members.set(task, changeOf(prepared.member(index)));
        index++;
      }
      if (members.length < STEP) break;
      await pause();
    }
    this.#kept.add(node.task);
  }
}

/** Compiles the definition that the run is pinned to with other params. */
export async function renew(
  outside: Outside,
  { run, definition, files, params, scope }: StoredRunScope,
  change: Record<string, Json>,
): Promise<Renewal> {
  if (definition === undefined) {
    throw invalid(`cannot be changed: r${run} was submitted as tasks, without the text of a workflow`);
  }
  const { cwd, arm, target: place } = scope.given ?? {};
  const target: WorkflowTarget = { definition, files, params: { ...params, ...change } };
  if (cwd !== undefined) target.cwd = cwd;
  if (arm !== undefined) target.arm = arm;
  if (place !== undefined) target.target = place;
  return new Renewal(run, await outside.compile(target));
}

async function prepare(
  evaluator: Evaluator,
  spec: TaskSpec,
  scope: Scope,
  pause: () => Promise<void>,
): Promise<Prepared> {
  for (;;) {
    const prepared = evaluator.prepare(spec, scope);
    if (scope.wanting === undefined) return prepared;
    for (const _ of scope.fetch()) await pause();
  }
}

function changeOf(spec: TaskSpec): Change {
  const text = specText(spec);
  return { work: JSON.stringify(spec.work), ...(text !== undefined && { spec: text }) };
}

function invalid(message: string): OctopusError {
  return new OctopusError("invalid", `params ${message}`, { issues: [{ path: "params", message }] });
}
