/**
 * A run as expressions see it. A task is asked for when an expression names it, and of a task only what is named: the
 * results of a hundred thousand members are not read for the state of one.
 */
import type { Json } from "../base/words.ts";
import type { ScopeSource, ScopeTask } from "../protocol/evaluator.ts";
import { readExpression, type Scope } from "./cel/cel.ts";
import { hasExpression, piecesOf, textOf } from "./expression.ts";
import { outputsOf } from "./outputs.ts";

const NO_TASKS: Record<string, object> = Object.freeze({});

export class RunView {
  readonly source: ScopeSource;
  readonly #tasks = new Map<string, object | undefined>();
  readonly #scope: Scope;

  constructor(source: ScopeSource) {
    this.source = source;
    const { run } = source;
    this.#scope = {
      params: run.params,
      env: run.scope.env ?? {},
      workflow: { name: run.workflow },
      run: { id: run.id, state: run.state ?? "running", createdAt: run.createdAt, depth: run.depth },
      schedule: run.schedule ?? { name: null, tick: null },
    };
  }

  /** Of CEL. Throws `ExpressionError`. */
  evaluate(text: string, more?: Scope, resultMax?: number): Json {
    const expression = readExpression(text);
    let tasks: Record<string, object> = NO_TASKS;
    for (const { path } of expression.references) {
      const [root, name] = path;
      if ((root === "tasks" || root === "needs") && name !== undefined) {
        const task = this.#task(name);
        if (task === undefined) continue;
        if (tasks === NO_TASKS) tasks = {};
        tasks[name] = task;
      }
    }
    return expression.evaluate({ ...this.#scope, tasks, needs: tasks, ...more }, resultMax);
  }

  /** Of a text with `${{ }}`. Throws `ExpressionError`. */
  evaluateText(text: string, more?: Scope, resultMax?: number): Json {
    if (!hasExpression(text)) return text;
    const pieces = piecesOf(text);
    const [first] = pieces;
    if (pieces.length === 1 && typeof first === "object") return this.evaluate(first.expression, more, resultMax);
    return pieces
      .map((piece) => (typeof piece === "string" ? piece : textOf(this.evaluate(piece.expression, more))))
      .join("");
  }

  #task(name: string): object | undefined {
    if (!this.#tasks.has(name)) {
      const found = this.source.task(name);
      this.#tasks.set(name, found && viewOf(found));
    }
    return this.#tasks.get(name);
  }
}

/** Read when it is named, once. */
function viewOf(task: ScopeTask): object {
  const members = once(() => task.members?.() ?? []);
  const isEach = task.kind === "each";
  return lazy({
    id: () => task.id,
    state: () => task.state,
    attempt: () => task.attempt,
    exitCode: () => task.exitCode ?? null,
    error: () => (task.error === undefined ? null : { message: task.error.message, kind: task.error.kind ?? null }),
    result: () => (isEach ? ofMembers(task, members(), (one) => one.result ?? null) : (task.result ?? null)),
    outputs: () => (isEach ? ofMembers(task, members(), outputsOf) : outputsOf(task)),
    worker: () => task.worker ?? null,
    members: () => members().map(viewOf),
    artifacts: () => task.artifacts?.() ?? [],
  });
}

/** What members leave: a list, or a mapping by the workers that they were for. */
function ofMembers({ onWorkers }: ScopeTask, members: readonly ScopeTask[], read: (one: ScopeTask) => Json): Json {
  if (onWorkers !== true) return members.map(read);
  return Object.fromEntries(members.map((one) => [one.worker ?? one.id, read(one)]));
}

function lazy(readers: Readonly<Record<string, () => unknown>>): object {
  const view = {};
  for (const [key, read] of Object.entries(readers)) {
    Object.defineProperty(view, key, { get: once(read), enumerable: true });
  }
  return view;
}

function once<T>(read: () => T): () => T {
  let value: { is: T } | undefined;
  return () => (value ??= { is: read() }).is;
}
