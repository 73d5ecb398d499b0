/**
 * Collects everything that is wrong with a workflow, so that a person mends it in one go. A problem knows its place in
 * the file; what was wrong with the values given from outside has none and keeps its own path.
 *
 * P1  Work per problem is bounded: `MESSAGES_MAX` are kept, the rest are counted, and suggestions have a budget.
 */
import { type Issue, OctopusError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";

/** Problems that are told; beyond it they are only counted. */
const MESSAGES_MAX = 50;

/** Words compared for "did you mean", for all problems of a file together. */
const COMPARISONS_MAX = 200_000;

/** Keys that lead to a value. */
export type Path = readonly (string | number)[];

/** Where in the text something stands, from 1. */
export interface Position {
  line: number;
  column: number;
  /** In place of them, for what has no lines: the path of the value, and how far down it was found. */
  path?: string;
  /** The workflow that is written out in a task of the file, and in which this was found: the path to it. */
  within?: string;
}

export class Problems {
  readonly #source: string;
  readonly #found: { position: Position | undefined; issue: Issue }[] = [];
  /** What is odd, and no error. */
  readonly warnings: Issue[] = [];
  #count = 0;
  #comparisons = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Something wrong at a place in the file. */
  at(position: Position, message: string): void {
    this.#keep(position, this.#issue(position, message));
  }

  /** Something odd at a place in the file. */
  warn(position: Position, message: string): void {
    if (this.warnings.length < MESSAGES_MAX) this.warnings.push(this.#issue(position, message));
  }

  /** Something wrong with a value that does not come from the file. */
  outside(path: string, message: string): void {
    this.#keep(undefined, { path, message });
  }

  /** ` (did you mean x?)`, or nothing when no candidate is near or the budget is spent. */
  suggest(word: string, candidates: readonly string[]): string {
    if (this.#comparisons + candidates.length > COMPARISONS_MAX) return "";
    this.#comparisons += candidates.length;
    const near = nearest(word, candidates);
    return near === undefined ? "" : ` (did you mean ${near}?)`;
  }

  get count(): number {
    return this.#count;
  }

  /** Throws `invalid` with all problems in the order of the file, if there is one. */
  check(): void {
    if (this.#count === 0) return;
    const inOrder = this.#found.toSorted((a, b) => order(a.position) - order(b.position)).map(({ issue }) => issue);
    const more = this.#count - inOrder.length;
    const told = inOrder.map((issue) => `${issue.path} ${issue.message}`);
    if (more > 0) told.push(`and ${more} more`);
    throw new OctopusError("invalid", told.join("; "), { issues: inOrder });
  }

  #issue({ line, column, path, within }: Position, text: string): Issue {
    const message = within === undefined ? text : fromOutside(within, text);
    if (path === undefined) return { path: `${this.#source}:${line}:${column}`, message };
    // The message begins with the path of what it is about, which is said already.
    const first = message.slice(0, message.indexOf(" "));
    const rest = path.startsWith(first) && /^\w+[.[]|^\w+$/.test(first) ? message.slice(first.length + 1) : message;
    return { path: path === "" ? this.#source : path, message: rest };
  }

  #keep(position: Position | undefined, issue: Issue): void {
    this.#count++;
    if (this.#found.length < MESSAGES_MAX) this.#found.push({ position, issue });
  }
}

/** What was said of a workflow for itself, said of the one that stands at `within`. */
function fromOutside(within: string, message: string): string {
  const ofAll = /^(?:a workflow )?((?:has|must|is) .*)$/s.exec(message);
  return ofAll === null ? `${within}.${message}` : `${within} ${ofAll[1]}`;
}

/** Problems from outside come first: they are told without a line. */
function order(position: Position | undefined): number {
  return position === undefined ? -1 : position.line * 1e7 + position.column;
}

/** `tasks.load.needs[0]` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
