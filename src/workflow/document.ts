/**
 * Reads the text of a workflow file: YAML 1.2 (and so JSON) into plain JSON values, and remembers where each one stands.
 * It owns the bounds on what a file may cost; what the values mean is the business of `compile.ts`.
 *
 * D1  Time is linear in the size of the text plus the number of values that aliases add, and both are bounded.
 * D2  Values are JSON: no NaN, no infinities, no keys that are not text, no key twice, no `__proto__`.
 */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { InvariantError } from "../base/assert.ts";
import type { Json } from "../base/words.ts";
import { readJson } from "./document-json.ts";
import { readQuick } from "./document-quick.ts";
import { type Path, pathText, type Position, Problems } from "./problems.ts";

/** Largest file, in characters. */
const TEXT_MAX = 10 * 1024 * 1024;

/** Files of at least so many characters try the quick way: shorter ones take no time anyhow. */
const QUICK_MIN = 32 * 1024;

/** Values that aliases (`*name`) may add to a file: a few nested ones can stand for billions. */
const ALIASED_MAX = 1_000_000;

/** Deepest nesting of lists and mappings. */
const DEPTH_MAX = 200;

const MERGE_KEY = "<<";

/** A workflow file that was read. Its problems are collected: call `problems.check()` when all is read. */
export interface WorkflowDocument {
  value: Json;
  problems: Problems;
  /** The place of the value at `path`, or of what encloses it when there is none; `"key"`: the place of its key. */
  locate(path: Path, part?: "key" | "value"): Position;
}

/** A document that a program has made. There are no lines: the place of a value is its path. */
export function readValue(value: Json, source: string): WorkflowDocument {
  const problems = new Problems(source);
  return { value, problems, locate: (path) => ({ line: 0, column: 0, path: pathText(path) }) };
}

/**
 * Reads `text`: its document, and those that follow after a line `---`, which share their problems. Throws `invalid` when it
 * is not YAML at all or breaks a bound.
 */
export function readDocument(text: string, source: string): WorkflowDocument[] {
  const problems = new Problems(source);
  const quick = readJson(text) ?? (text.length > QUICK_MIN && text.length <= TEXT_MAX ? readQuick(text) : undefined);
  if (quick !== undefined) {
    // Places are looked up in the text only when there is a problem to show.
    if (text.length > TEXT_MAX / 4) return [{ ...readValue(quick, source), problems }];
    let slow: WorkflowDocument | undefined;
    const locate: WorkflowDocument["locate"] = (path, part) =>
      (slow ??= readTexts(text, new Problems(source))[0]!).locate(path, part);
    return [{ value: quick, problems, locate }];
  }
  if (text.length > TEXT_MAX) {
    problems.at(
      { line: 1, column: 1 },
      `holds ${text.length} characters; a workflow file may hold ${TEXT_MAX} (10 MiB)`,
    );
    problems.check();
  }
  return readTexts(text, problems);
}

/** The value of a text in YAML or JSON that is no workflow: params, for one. Throws `invalid`. */
export function readYaml(text: string, source: string): Json {
  const [document] = readDocument(text, source);
  document!.problems.check();
  return document!.value;
}

function readTexts(text: string, problems: Problems): WorkflowDocument[] {
  const lines = new LineCounter();
  // The library looks for duplicate keys pair by pair, which is quadratic: `Reader` does it with a set.
  const options = { lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;
  const several = /\n---[\s]/.test(text) ? parseAllDocuments(text, options) : undefined;
  const documents = several !== undefined && several.length > 0 ? [...several] : [parseDocument(text, options)];
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  for (const error of tellingErrors(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]))) {
    problems.at(position(error.pos[0]), `is not YAML that can be read: ${wordsOf(error.code, error.message)}`);
  }
  problems.check();
  const read = documents.map((document) => {
    const reader = new Reader(problems, position);
    const value = reader.read(document);
    if (reader.incomplete) problems.check();
    const locate: WorkflowDocument["locate"] = (path, part = "value") => reader.locate(document, path, part);
    return { value, problems, locate };
  });
  // A line `---` at the very end begins nothing.
  while (read.length > 1 && read.at(-1)!.value === null) read.pop();
  return read;
}

/** What went wrong, without the consequences: after a mistake the parser stumbles over whatever comes next. */
function tellingErrors<E extends { code: string; pos: [number, number] }>(errors: E[]): E[] {
  const inOrder = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const causes = inOrder.filter(({ code }, index) => index === 0 || code !== "UNEXPECTED_TOKEN");
  return causes.filter((error, index) => index === 0 || error.pos[0] !== causes[index - 1]!.pos[0]);
}

function wordsOf(code: string, message: string): string {
  switch (code) {
    case "RESOURCE_EXHAUSTION":
      return "it is nested too deeply";
    case "BLOCK_AS_IMPLICIT_KEY":
      return 'a text that holds ": " needs quotes around it, or a line of its own after |';
    default:
      return message;
  }
}

/** The value of a key in a mapping, with the key's own place. */
interface Entry {
  key: Node;
  value: Node | null;
}

class Reader {
  readonly #problems: Problems;
  readonly #position: (offset: number) => Position;
  /** The newest node of each anchor so far: an alias means the one before it. */
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Node, Node>();
  readonly #entries = new Map<YAMLMap, Map<string, Entry>>();
  /** Anchored nodes that are being read, to see one that holds itself. */
  readonly #open = new Set<Node>();
  #aliasDepth = 0;
  #aliased = 0;
  /** True when an alias stands for nothing: what else would be said of the file might be its consequence. */
  incomplete = false;

  constructor(problems: Problems, position: (offset: number) => Position) {
    this.#problems = problems;
    this.#position = position;
  }

  read(document: Document): Json {
    return this.#read(document.contents, 0);
  }

  locate(document: Document, path: Path, part: "key" | "value"): Position {
    let node: Node | null = document.contents;
    let place: Node | null = node;
    for (const [index, key] of path.entries()) {
      if (isAlias(node)) node = this.#targets.get(node) ?? null;
      if (isMap(node)) {
        const entry = this.#entries.get(node)?.get(String(key));
        if (entry === undefined) break;
        node = entry.value;
        // An empty value has no place worth showing.
        const empty = isScalar(node) && node.source === "";
        place = node === null || empty || (part === "key" && index === path.length - 1) ? entry.key : node;
      } else if (isSeq(node)) {
        node = (node.items[Number(key)] as Node | undefined) ?? null;
        if (node === null) break;
        place = node;
      } else break;
    }
    return this.#position(place?.range?.[0] ?? 0);
  }

  #read(node: Node | null, depth: number): Json {
    if (node === null) return null;
    if (this.#aliasDepth > 0 && ++this.#aliased > ALIASED_MAX) {
      this.#stop(node, `has aliases (*name) that stand for more than ${ALIASED_MAX} values; write fewer of them`);
    }
    if (depth > DEPTH_MAX) this.#stop(node, `is nested more than ${DEPTH_MAX} levels deep`);
    if (isAlias(node)) return this.#readAlias(node, depth);
    // Anchors inside an alias are known already; setting them again would change what later aliases mean.
    if (this.#aliasDepth === 0 && "anchor" in node && node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node, node.value);
    this.#open.add(node);
    const value = isSeq(node)
      ? node.items.map((item) => this.#read(item as Node | null, depth + 1))
      : this.#readMap(node, depth);
    this.#open.delete(node);
    return value;
  }

  #readAlias(node: Node & { source: string }, depth: number): Json {
    const target = this.#targets.get(node) ?? this.#anchors.get(node.source);
    if (target === undefined) {
      const near = this.#problems.suggest(node.source, [...this.#anchors.keys()]);
      this.#problem(node, `names the anchor ${node.source}, which is not set before it${near}`);
      this.incomplete = true;
      return null;
    }
    if (this.#open.has(target)) this.#stop(node, `has the alias *${node.source} inside what it stands for`);
    this.#targets.set(node, target);
    this.#aliasDepth++;
    const value = this.#read(target, depth + 1);
    this.#aliasDepth--;
    return value;
  }

  #readMap(node: YAMLMap, depth: number): Json {
    const entries = new Map<string, Entry>();
    const own: Record<string, Json> = {};
    const merged: { key: Node; value: Node | null }[] = [];
    for (const pair of node.items) {
      if (!isPair(pair)) continue;
      const key = pair.key as Node;
      const value = pair.value as Node | null;
      const name = this.#key(key);
      if (name === undefined) continue;
      if (name === MERGE_KEY) {
        merged.push({ key, value });
        continue;
      }
      if (entries.has(name)) {
        const first = this.#position(entries.get(name)!.key.range?.[0] ?? 0);
        this.#problem(key, `has the key ${JSON.stringify(name)} twice; the first one is in line ${first.line}`);
        continue;
      }
      entries.set(name, { key, value });
      own[name] = this.#read(value, depth + 1);
    }
    for (const { key, value } of merged) this.#merge(key, value, own, entries, depth);
    this.#entries.set(node, entries);
    return own;
  }

  /** `<<: *name`, or a list of them: the mapping's own keys win, then the earlier one. */
  #merge(key: Node, value: Node | null, into: Record<string, Json>, entries: Map<string, Entry>, depth: number): void {
    for (const part of isSeq(value) ? (value.items as Node[]) : [value]) {
      const read = this.#read(part, depth + 1);
      const from = isAlias(part) ? this.#targets.get(part) : part;
      if (!isMap(from) || read === null || typeof read !== "object") {
        this.#problem(key, `has << with something that is not a mapping; write <<: *name`);
        continue;
      }
      for (const [name, entry] of this.#entries.get(from) ?? []) {
        if (entries.has(name)) continue;
        entries.set(name, entry);
        into[name] = (read as Record<string, Json>)[name]!;
      }
    }
  }

  /** The text of a key, or undefined when it cannot be one. */
  #key(node: Node | null): string | undefined {
    if (node === null || !isScalar(node) || node.value === null) {
      this.#problem(node, "has a key that is not text");
      return undefined;
    }
    const name = typeof node.value === "string" ? node.value : (node.source ?? "");
    if (name !== "__proto__") return name;
    this.#problem(node, "has the key __proto__, which is not allowed");
    return undefined;
  }

  #scalar(node: Node, value: unknown): Json {
    if (typeof value === "number" && !Number.isFinite(value)) {
      this.#problem(node, `holds ${value}, which is not a number that JSON knows`);
      return null;
    }
    return typeof value === "bigint" ? Number(value) : (value as Json);
  }

  #problem(node: Node | null, message: string): void {
    // What an alias stands for was read once already, where it is written.
    if (this.#aliasDepth > 0) return;
    this.#problems.at(this.#position(node?.range?.[0] ?? 0), message);
  }

  #stop(node: Node, message: string): never {
    this.#problems.at(this.#position(node.range?.[0] ?? 0), message);
    this.#problems.check();
    throw new InvariantError("problems were added, so check throws");
  }
}
