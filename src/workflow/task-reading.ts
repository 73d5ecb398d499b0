/**
 * What is gathered while one task is read: what it is in the graph, which tasks its expressions name, and which parts of it
 * are evaluated later.
 */
import type { Json } from "../base/words.ts";
import type { ComputedOutput, EachWork, NodeSpec, WorkflowWork } from "../protocol/node.ts";
import type { Reference } from "./cel/references.ts";
import { hasExpression, mapTexts, piecesOf } from "./expression.ts";
import type { Place } from "./keys.ts";
import type { Path } from "./problems.ts";

/** An expression of a task names another one. */
export interface TaskReference {
  task: string;
  /** `outputs`, and which. */
  field: string | undefined;
  output: string | undefined;
  /** Where it stands. */
  path: Path;
}

/** A value that is known later, at a place where the schema would refuse its text: put there afterwards. */
interface Patch {
  path: readonly string[];
  value: Json;
}

export class TaskReading {
  readonly id: string;
  readonly node: NodeSpec = {};
  readonly references: TaskReference[] = [];
  /** Its work, or what is asked before it, is evaluated when its turn has come. */
  dynamic = false;
  #escaped = false;
  readonly #outer: TaskReading | undefined;
  /** It stands beside `each` or `matrix`. */
  readonly isEach: boolean;
  /** It is nothing but a question to a person: beside `each` every member asks its own. */
  isQuestion = false;
  /** It is a task within a task: nothing of it is evaluated later, but with the member that it belongs to. */
  readonly isInner: boolean;
  /** What makes a container of it. */
  readonly container: Partial<Omit<EachWork, "task">> & { timeout?: number } = {};
  /** The condition of each member, where it names its item. */
  memberWhen: string | undefined;
  readonly workflow: WorkflowWork = {};
  /** It has a run of its own. */
  holdsRun = false;
  compensate: Json | undefined;
  /** Outputs as the file declares them for a command, and those that are read from the result. */
  readonly declared: Record<string, Json> = {};
  readonly outputs = new Map<string, ComputedOutput>();
  /** By variable the values that its command names. */
  readonly commandEnv = new Map<string, string>();
  readonly #patches: Patch[] = [];

  /** `outer`: for a task within a task, that one. */
  constructor(id: string, isEach: boolean, outer?: TaskReading) {
    this.id = id;
    this.isEach = isEach;
    this.isInner = outer !== undefined;
    this.#outer = outer;
  }

  /** Texts of it were escaped, for the case that they are evaluated later. */
  get escaped(): boolean {
    return this.#escaped;
  }

  markEscaped(): void {
    this.#escaped = true;
    this.#outer?.markEscaped();
  }

  /** Something is evaluated later, and names this. */
  refer(references: readonly Reference[], place: Place, key: string, keys: Path): void {
    this.dynamic = true;
    this.note(references, [...place.path, key, ...keys]);
  }

  note(references: readonly Reference[], path: Path): void {
    for (const { path: named } of references) {
      const [root, task, field, output] = named;
      if ((root === "tasks" || root === "needs") && task !== undefined)
        this.references.push({ task, field, output, path });
    }
  }

  patch(path: readonly string[], value: Json): void {
    this.#patches.push({ path, value });
  }

  /** True when this key is known later. */
  patches(key: string): boolean {
    return this.#patches.some(({ path }) => path[0] === key);
  }

  /** Of a task that is refused for something else, not everything is there. */
  applyPatches(spec: object): void {
    for (const { path, value } of this.#patches) {
      let at: Record<string, unknown> | undefined = spec as Record<string, unknown>;
      for (const key of path.slice(0, -1)) at = at?.[key] as Record<string, unknown> | undefined;
      if (at !== undefined) at[path.at(-1)!] = value;
    }
  }
}

/** The value with what was escaped in it as it was. */
export function unescaped<T>(value: T): T {
  const plain = (text: string): string =>
    piecesOf(text)
      .filter((piece) => typeof piece === "string")
      .join("");
  return mapTexts(value as Json, (text) => (hasExpression(text) ? plain(text) : text)) as T;
}
