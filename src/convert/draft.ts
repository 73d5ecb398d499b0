/**
 * What a converter makes: a workflow file in the words of Octopus, and what it could not carry over, each with its place.
 *
 * C1  Nothing is left out in silence: it is a loss (the workflow would do something else), or a note (it would not).
 * C2  No text of the source becomes part of a command that was not a command before.
 */
import { Document, isMap, isScalar, type Pair, type Scalar, type YAMLMap } from "yaml";
import type { Issue } from "../base/errors.ts";
import type { Json } from "../base/words.ts";

export interface Converted {
  /** The workflow file. */
  text: string;
  /** What would be different: whoever asks for the file must agree to it. */
  losses: Issue[];
  /** What looks different and is not, or is for a person to know. */
  notes: string[];
}

interface DraftTask {
  value: Json;
  comments: string[];
}

/** A workflow that is being written. */
export class Draft {
  readonly head: Record<string, Json> = {};
  /** Keys that stand below the tasks. */
  readonly tail: Record<string, Json> = {};
  readonly comments: string[] = [];
  readonly #tasks = new Map<string, DraftTask>();
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** The name that a task gets: its own as far as it may be one, told apart from the others. */
  nameFor(source: string): string {
    const known = this.#names.get(source);
    if (known !== undefined) return known;
    const base = nameOf(source);
    let name = base;
    for (let i = 2; this.#taken.has(name); i++) name = `${base}-${i}`;
    this.#names.set(source, name);
    this.#taken.add(name);
    return name;
  }

  addTask(name: string, value: Json, comments: readonly string[] = []): void {
    this.#tasks.set(name, { value, comments: [...comments] });
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  task(name: string): Json | undefined {
    return this.#tasks.get(name)?.value;
  }

  render(): string {
    const tasks = Object.fromEntries([...this.#tasks].map(([name, { value }]) => [name, value]));
    const document = new Document({ ...this.head, tasks, ...this.tail }, { aliasDuplicateObjects: false });
    const top = document.contents as unknown as YAMLMap;
    if (this.comments.length > 0) document.commentBefore = this.comments.map(commentLine).join("\n");
    top.items.forEach((pair, i) => space(pair, i));
    const list = document.get("tasks", true);
    if (isMap(list)) {
      list.items.forEach((pair, i) => {
        const key = pair.key as Scalar;
        const { comments } = this.#tasks.get(String(key.value))!;
        if (i > 0) key.spaceBefore = true;
        if (comments.length > 0) key.commentBefore = comments.map(commentLine).join("\n");
      });
    }
    return document.toString({ lineWidth: 0, indent: 2, flowCollectionPadding: true });
  }
}

/** The file with what it lacks written at its top, for whoever takes it in spite of that. */
export function withLosses({ text, losses }: Converted): string {
  if (losses.length === 0) return text;
  const lines = losses.map(({ path, message }) => commentLine(`- ${path}: ${message}`));
  return `${[" NOT CARRIED OVER:", ...lines].map((line) => `#${line}`).join("\n")}\n\n${text}`;
}

/** The large parts of a file stand apart. */
function space({ key, value }: Pair, index: number): void {
  const isLarge = isMap(value) && value.items.length > 0;
  if (index > 0 && isLarge && isScalar(key)) key.spaceBefore = true;
}

/** A comment is one line, whatever it holds. */
function commentLine(text: string): string {
  return ` ${text.replace(/[\x00-\x1f\x7f\u0085\u2028\u2029]+/g, " ")}`;
}

function nameOf(source: string): string {
  const plain = source
    .trim()
    .replace(/[^A-Za-z0-9_.:/-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  const name = /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
  return name.slice(0, 100);
}

/** A text in which nothing is an expression. */
export function literal(text: string): string {
  // A function: in a text, $$ would stand for one dollar.
  return text.replaceAll("${{", () => "$${{");
}

/** A duration of so many seconds, as people write it. */
export function seconds(value: number): string {
  if (!Number.isInteger(value)) return `${Math.round(value * 1000)}ms`;
  if (value % 3600 === 0 && value > 0) return `${value / 3600}h`;
  if (value % 60 === 0 && value > 0) return `${value / 60}m`;
  return `${value}s`;
}

/** A word for a POSIX shell. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** True when what comes next would stand between single quotes, as far as a look at the quotes can tell. */
export function isSingleQuoted(command: string): boolean {
  let quote = "";
  for (let at = 0; at < command.length; at++) {
    const char = command[at]!;
    if (char === "\\" && quote !== "'") at++;
    else if (char === quote) quote = "";
    else if (quote === "" && (char === '"' || char === "'")) quote = char;
  }
  return quote === "'";
}
