/** What is different between two definitions, as they mean it: comments, order of keys and ways of writing are nothing. */
import type { Json } from "../base/words.ts";
import { isMapping } from "./keys.ts";
import { readDocument } from "./document.ts";

export interface DefinitionChange {
  /** `tasks.load.shell`; a file or further document stands before it: `sub/x.yaml: tasks.a`. */
  path: string;
  /** Absent: it was not there. */
  before?: Json;
  /** Absent: it is not there any more. */
  after?: Json;
}

/** A definition with the files that it runs. */
export interface Definition {
  definition: string;
  files?: Record<string, string> | undefined;
  source?: string | undefined;
}

/** Every change, in the order of the definition before, additions last. */
export function diffDefinitions(before: Definition, after: Definition): DefinitionChange[] {
  const [a, b] = [partsOf(before), partsOf(after)];
  const changes: DefinitionChange[] = [];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const prefix = name === "" ? "" : `${name}: `;
    compare(a.get(name), b.get(name), "", (change) => changes.push({ ...change, path: prefix + change.path }));
  }
  return changes;
}

/** The documents by name, that of the file itself under none. */
function partsOf({ definition, files = {}, source = "workflow.yaml" }: Definition): Map<string, Json> {
  const [main, ...others] = readAll(definition, source);
  const parts = new Map<string, Json>([["", main ?? null]]);
  for (const other of others) parts.set(nameOf(other), other);
  for (const [path, text] of Object.entries(files))
    if (!parts.has(path)) parts.set(path, readAll(text, path)[0] ?? null);
  return parts;
}

function readAll(text: string, source: string): Json[] {
  return readDocument(text, source).map(({ problems, value }) => {
    problems.check();
    return value;
  });
}

function nameOf(document: Json): string {
  const name = isMapping(document) ? document["name"] : undefined;
  return typeof name === "string" ? name : "a document without a name";
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  tell: (change: DefinitionChange) => void,
): void {
  if (before === undefined && after === undefined) return;
  if (before === undefined) return tell({ path, after: after! });
  if (after === undefined) return tell({ path, before });
  if (isMapping(before) && isMapping(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = path === "" ? key : `${path}.${key}`;
      compare(own(before, key), own(after, key), inner, tell);
    }
  } else if (!isSame(before, after)) tell({ path, before, after });
}

function own(value: Record<string, Json>, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Equal in meaning: keys of mappings in any order. */
function isSame(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]!));
  if (isMapping(a) && isMapping(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key]!, b[key]!))
    );
  }
  return a === b;
}
