/**
 * What the expressions of a run may look at, read from the store when it is asked for, each name once.
 *
 * SC1  Nothing is read that was not asked for: a run may have 100,000 tasks, and an expression names two.
 * SC2  No read holds the loop: the members of a large `each` are not there at the first look. The look then says so in
 *      `wanting`, whatever came of it; when they were fetched, in small steps, the evaluation is done again.
 */
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { NodeSpec } from "../../protocol/node.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { Library, ScopeSource, ScopeTask } from "../ports.ts";
import type { StoredNode, StoredRunScope } from "../stored.ts";

/** Members that are read at the first look. */
const MEMBERS_AT_ONCE = 100;
/** Members that are read in one step. */
const STEP = 200;
/** Largest result that an expression may read, in characters of JSON. */
export const RESULT_CHARS_MAX = 8 * 1024 * 1024;
/** All results of the members of one `each` together. */
const MEMBERS_CHARS_MAX = 32 * 1024 * 1024;

export class Scope implements ScopeSource {
  readonly run: ScopeSource["run"];
  /** The `each` whose members were asked for and are not there yet. */
  wanting: number | undefined;
  readonly #library: Library;
  readonly #seq: number;
  readonly #tasks = new Map<string, ScopeTask | undefined>();
  readonly #members = new Map<number, ScopeTask[]>();

  constructor(library: Library, stored: StoredRunScope) {
    this.#library = library;
    this.#seq = stored.run;
    const { workflow, createdAt, params, scope, outcome, origin, depth, files } = stored;
    this.run = { id: `r${stored.run}`, workflow, createdAt, params, scope, depth, files };
    if (outcome !== undefined) this.run.state = outcome;
    if (origin?.type === "schedule") this.run.schedule = { name: origin.schedule, tick: origin.tick };
  }

  task(name: string): ScopeTask | undefined {
    if (this.#tasks.has(name)) return this.#tasks.get(name);
    const node = this.#library.nodeOfRun(this.#seq, name);
    const task = node && this.#taskOf(node);
    this.#tasks.set(name, task);
    return task;
  }

  workflow(name: string): { definition: string; files: Record<string, string> } | undefined {
    return this.#library.workflow(name);
  }

  #taskOf(node: StoredNode): ScopeTask {
    const task = new StoredScopeTask(this.#library, node);
    if (node.kind === "each") task.members = () => this.#membersOf(node);
    return task;
  }

  #membersOf({ task, name, total = 0 }: StoredNode): ScopeTask[] {
    const known = this.#members.get(task);
    if (known !== undefined) return known;
    if (total > MEMBERS_AT_ONCE) {
      this.wanting = task;
      throw new OctopusError("not_ready", `the members of ${name} are still to be read`, { retryable: true });
    }
    const members = this.#library.members(task, 0, MEMBERS_AT_ONCE).map((node) => this.#taskOf(node));
    this.#members.set(task, members);
    return members;
  }

  /** Reads what was wanting, a step each time it is advanced. */
  *fetch(): Generator<void, void, void> {
    const container = this.wanting;
    if (container === undefined) return;
    const members: ScopeTask[] = [];
    let chars = 0;
    for (;;) {
      const nodes = this.#library.members(container, members.length, STEP);
      for (const node of nodes) {
        const task = new StoredScopeTask(this.#library, node);
        // What is over the bound is not read at all: all of them are too large together.
        if (chars <= MEMBERS_CHARS_MAX) chars += task.read();
        members.push(task);
      }
      if (nodes.length < STEP) break;
      yield;
    }
    if (chars > MEMBERS_CHARS_MAX) {
      for (const member of members) (member as StoredScopeTask).tooLarge(MEMBERS_CHARS_MAX);
    }
    this.#members.set(container, members);
    this.wanting = undefined;
  }
}

/** A task as expressions see it, its members left out. */
export function scopeTask(library: Library, node: StoredNode): ScopeTask {
  return new StoredScopeTask(library, node);
}

/** One task as the store has it; its result is read when somebody looks at it. */
class StoredScopeTask implements ScopeTask {
  readonly id: string;
  readonly state: ScopeTask["state"];
  readonly kind: ScopeTask["kind"];
  readonly attempt: number;
  readonly exitCode: number | undefined;
  readonly error: ScopeTask["error"];
  readonly onWorkers: true | undefined;
  readonly worker: string | undefined;
  members?: () => ScopeTask[];
  readonly #library: Library;
  readonly #seq: number;
  readonly #spec: string | undefined;
  #result: { value: Json | undefined } | undefined;
  #refusal: OctopusError | undefined;

  constructor(library: Library, node: StoredNode) {
    this.#library = library;
    this.#seq = node.task;
    this.#spec = node.spec;
    this.id = node.id;
    this.state = node.state;
    this.kind = node.kind;
    this.attempt = node.attempt;
    this.exitCode = node.exitCode;
    this.error = node.error;
    this.onWorkers = node.onWorkers;
    this.worker = node.worker;
  }

  get result(): Json | undefined {
    if (this.#result === undefined && this.#refusal === undefined) this.read();
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.#result?.value;
  }

  get spec(): NodeSpec | undefined {
    return this.#spec === undefined ? undefined : (JSON.parse(this.#spec) as TaskSpec).node;
  }

  artifacts(): string[] {
    return this.#library.artifacts(this.#seq).map(({ path }) => path);
  }

  /** Reads the result; answers how many characters it has. */
  read(): number {
    const text = this.#library.resultText(this.#seq);
    if (text !== undefined && text.length > RESULT_CHARS_MAX) this.tooLarge(RESULT_CHARS_MAX);
    else this.#result = { value: text === undefined ? undefined : (JSON.parse(text) as Json) };
    return text?.length ?? 0;
  }

  tooLarge(max: number): void {
    this.#result = undefined;
    const message = `what ${this.id} left is too large for expressions: at most ${max} characters of JSON are read`;
    this.#refusal = new OctopusError("too_large", `${message} of a task, or of the members of one. Leave it as a file`);
  }
}
