/**
 * What expressions may name, and when it is known. Params, env and the name of the workflow are known as the file is
 * compiled: an expression of these alone is evaluated at once. Everything else is known when the task's turn has come.
 */
import type { Json } from "../base/words.ts";
import { nearest } from "../base/nearest.ts";
import { ExpressionError, readExpression, type Root, type Scope } from "./cel/cel.ts";
import type { Reference } from "./cel/references.ts";
import { type Piece, piecesOf, writePieces } from "./expression.ts";

/** What a file offers to its expressions. */
export interface Names {
  params: Readonly<Record<string, Json>>;
  /** Params whose values come later: what names them is evaluated then. */
  later: ReadonlySet<string>;
  env: Readonly<Record<string, string>>;
  workflow: string;
  /** Every task of the file. */
  tasks: TaskNames;
}

/** Names of tasks: a hundred thousand are not copied into a set for the sake of none that is looked up. */
export interface TaskNames {
  has(name: string): boolean;
  all(): string[];
}

/** Known as the file is compiled. */
export const STATIC_ROOTS: ReadonlySet<Root> = new Set(["params", "env", "workflow"]);
/** Known when what a task needs has ended. */
export const TASK_ROOTS: ReadonlySet<Root> = new Set([...STATIC_ROOTS, "run", "schedule", "tasks", "needs"]);
export const ITEM_ROOTS: ReadonlySet<Root> = new Set(["item", "index", "matrix"]);
export const MEMBER_ROOTS: ReadonlySet<Root> = TASK_ROOTS.union(ITEM_ROOTS);
/** Known when an attempt has ended. */
export const END_ROOTS: ReadonlySet<Root> = new Set(["result", "outputs", "exitCode", "attempt"]);

/** Where each root may be named, for who names it elsewhere. */
const WHERE: Readonly<Record<Root, string>> = {
  params: "everywhere",
  env: "everywhere",
  workflow: "everywhere",
  run: "in what is evaluated when the task's turn has come",
  schedule: "in what is evaluated when the task's turn has come",
  tasks:
    "in shell env, cwd and stdin, in http, input, args, kwargs, with, when, each, matrix, params, outputs and message",
  needs:
    "in shell env, cwd and stdin, in http, input, args, kwargs, with, when, each, matrix, params, outputs and message",
  item: "in a task with each",
  index: "in a task with each or matrix",
  matrix: "in a task with matrix",
  result: "in outputs and repeat of a task",
  outputs: "in outputs and repeat of a task",
  exitCode: "in outputs and repeat of a task",
  attempt: "in outputs and repeat of a task",
  event: "in a trigger of the configuration",
};

/** Fields of `run`, `workflow` and `schedule`, and of a task. */
const FIELDS: Readonly<Partial<Record<Root, readonly string[]>>> = {
  run: ["id", "state", "createdAt", "depth"],
  workflow: ["name"],
  schedule: ["name", "tick"],
};
export const TASK_FIELDS = [
  "state",
  "outputs",
  "result",
  "exitCode",
  "attempt",
  "error",
  "members",
  "artifacts",
  "id",
  "worker",
];

export interface Reading {
  /** The expressions in their places, names of tasks written so that CEL reads them. */
  pieces: Piece[];
  /** All that they name. */
  references: Reference[];
  /** False when all of it is known already. */
  dynamic: boolean;
}

/** Reads the expressions of a text. Throws `ExpressionError` for a name that is unknown, or may not stand here. */
export function readNames(text: string, names: Names, roots: ReadonlySet<Root>): Reading {
  const references: Reference[] = [];
  const pieces = piecesOf(text).map((piece): Piece => {
    if (typeof piece === "string") return piece;
    const expression = withTaskNames(piece.expression, names.tasks);
    references.push(...checkNames(expression, names, roots));
    return { expression };
  });
  return { pieces, references, dynamic: references.some((reference) => isDynamic(reference, names)) };
}

/** What the expression names, each allowed and known. */
export function checkNames(text: string, names: Names, roots: ReadonlySet<Root>): readonly Reference[] {
  const { references } = readExpression(text);
  for (const reference of references) checkReference(reference, names, roots);
  return references;
}

export function isDynamic({ path: [root, name] }: Reference, names: Names): boolean {
  if (!STATIC_ROOTS.has(root as Root)) return true;
  if (root !== "params" || names.later.size === 0) return false;
  return name === undefined || names.later.has(name);
}

export function staticScope({ params, env, workflow }: Names): Scope {
  return { params, env, workflow: { name: workflow } };
}

/** The text that is evaluated later. */
export function writeReading({ pieces }: Reading): string {
  return writePieces(pieces);
}

function checkReference({ path, open }: Reference, names: Names, roots: ReadonlySet<Root>): void {
  const [root, name] = path as [Root, string | undefined];
  if (!roots.has(root)) throw new ExpressionError(`names ${root}, which may stand ${WHERE[root]}`);
  if (root === "tasks" || root === "needs") return checkTask(path, open, names);
  const known = root === "params" ? Object.keys(names.params) : root === "env" ? Object.keys(names.env) : FIELDS[root];
  if (name === undefined || known === undefined || known.includes(name)) return;
  const none = known.length === 0 ? `; there are none` : "";
  throw new ExpressionError(`names the unknown ${root}.${name}${near(name, known)}${none}`);
}

function checkTask(path: readonly string[], open: boolean, names: Names): void {
  const [root, name, field] = path;
  if (open || name === undefined) {
    throw new ExpressionError(`must name the task that it means, as ${root}.NAME or ${root}["NAME"]`);
  }
  if (!names.tasks.has(name))
    throw new ExpressionError(`names the unknown task ${name}${near(name, names.tasks.all())}`);
  if (field !== undefined && !TASK_FIELDS.includes(field)) {
    const words = `names the unknown ${root}.${name}.${field}${near(field, TASK_FIELDS)}`;
    throw new ExpressionError(`${words}; a task has ${TASK_FIELDS.join(", ")}`);
  }
}

/** Looked for among so many names at most: a file may have a hundred thousand. */
const CANDIDATES_MAX = 5000;

function near(word: string, candidates: Iterable<string>): string {
  const some = Iterator.from(candidates).take(CANDIDATES_MAX);
  const found = nearest(word, some);
  return found === undefined ? "" : ` (did you mean ${found}?)`;
}

/**
 * `tasks.fetch-data.outputs` is a subtraction for CEL: where there is a task of that name, it is written as
 * `tasks["fetch-data"].outputs`.
 */
export function withTaskNames(text: string, tasks: TaskNames): string {
  if (!/\b(?:tasks|needs)\.[\w.]*[-:/]/.test(text) && !/\b(?:tasks|needs)\.\w+\.\w/.test(text)) return text;
  return text.replace(
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\b(tasks|needs)\.([A-Za-z_][\w.:/-]*)/g,
    (match, root, rest) => (root === undefined ? match : writeTask(root as string, rest as string, tasks)),
  );
}

function writeTask(root: string, rest: string, tasks: TaskNames): string {
  for (let end = rest.length; end > 0; end--) {
    if (end < rest.length && rest[end] !== ".") continue;
    const name = rest.slice(0, end);
    if (/[^\w]/.test(name) && tasks.has(name)) return `${root}[${JSON.stringify(name)}]${rest.slice(end)}`;
  }
  return `${root}.${rest}`;
}
