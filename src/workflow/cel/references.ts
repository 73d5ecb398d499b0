/** What an expression names: every path that begins with a root, as far as it is written out. */
import type { Node } from "./meter.ts";

export interface Reference {
  /** `["tasks", "fetch", "outputs", "rows"]` of `tasks.fetch.outputs.rows`; ends where a value decides. */
  path: string[];
  /** True where a value decides at once: `tasks[params.x]`. */
  open: boolean;
  /** Where it stands in the text. */
  start: number;
  end: number;
}

/** Macros whose first argument is a name of their own. */
const BINDING: ReadonlySet<string> = new Set(["map", "filter", "all", "exists", "exists_one", "bind"]);

/** Names that the library brings. */
const NAMESPACES: ReadonlySet<string> = new Set(["cel", "google", "optional"]);

export function referencesOf(node: Node): Reference[] {
  const found: Reference[] = [];
  visit(node, new Set(), found);
  return found;
}

function visit(value: unknown, bound: ReadonlySet<string>, found: Reference[]): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, bound, found);
    return;
  }
  if (typeof value !== "object" || value === null || !("op" in value)) return;
  const node = value as Node;
  switch (node.op) {
    case "id":
    case ".":
    case "[]":
      return path(node, bound, found);
    case "rcall": {
      const [name, receiver, args] = node.args as [string, Node, Node[]];
      visit(receiver, bound, found);
      const own = args[0];
      if (args.length > 1 && BINDING.has(name) && own?.op === "id") {
        visit(args.slice(1), new Set(bound).add(own.args as string), found);
      } else visit(args, bound, found);
      return;
    }
    case "value":
      return;
    default:
      visit(node.args, bound, found);
  }
}

/** A chain of fields down to its root; what stands in brackets is visited for itself. */
function path(node: Node, bound: ReadonlySet<string>, found: Reference[]): void {
  const keys: string[] = [];
  let open = false;
  let at = node;
  let last = node;
  while (at.op === "." || at.op === "[]") {
    const [inner, key] = at.args as [Node, string | Node];
    const literal = typeof key === "string" ? key : key.op === "value" ? key.args : undefined;
    if (typeof literal === "string") keys.push(literal);
    else {
      // Everything after it depends on it.
      keys.length = 0;
      last = inner;
      open = inner.op === "id";
      if (typeof key !== "string") visit(key, bound, found);
    }
    at = inner;
  }
  if (at.op !== "id") return visit(at, bound, found);
  const root = at.args as string;
  if (bound.has(root) || NAMESPACES.has(root)) return;
  found.push({ path: [root, ...keys.toReversed()], open, start: at.start, end: last.end });
}
