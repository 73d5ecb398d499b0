/**
 * Variables of a Makefile, as far as names of targets need them. What cannot be known without running make (the shell, the
 * files that are there, conditionals) is undefined, and nothing is guessed.
 */

/** Undefined: set in a way that cannot be followed. */
export type Variables = Map<string, string | undefined>;

const DEPTH_MAX = 50;
const LENGTH_MAX = 1_000_000;

/** The text with its variables filled in; undefined when one of them is not known. */
export function expand(text: string, variables: Variables, depth = 0): string | undefined {
  if (depth > DEPTH_MAX || text.length > LENGTH_MAX) return undefined;
  let out = "";
  for (let at = 0; at < text.length;) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return out + text.slice(at);
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      out += "$";
      at = dollar + 2;
      continue;
    }
    const end = next === "(" || next === "{" ? closing(text, dollar + 1) : dollar + 1;
    if (end === undefined || next === undefined) return undefined;
    const inside = end === dollar + 1 ? next : text.slice(dollar + 2, end);
    const value = evaluate(inside, variables, depth + 1);
    if (value === undefined) return undefined;
    out += value;
    if (out.length > LENGTH_MAX) return undefined;
    at = end + 1;
  }
  return out;
}

/** Where the bracket that opens at `from` is closed. */
function closing(text: string, from: number): number | undefined {
  const open = text[from]!;
  const close = open === "(" ? ")" : "}";
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === open) depth++;
    else if (text[at] === close && --depth === 0) return at;
  }
  return undefined;
}

type Rewrite = (args: string[]) => string;

/** Functions that look at nothing but their arguments. */
const FUNCTIONS: Readonly<Record<string, { args: number; run: Rewrite }>> = {
  addprefix: { args: 2, run: ([prefix, names]) => map(names!, (name) => prefix! + name) },
  addsuffix: { args: 2, run: ([suffix, names]) => map(names!, (name) => name + suffix!) },
  basename: { args: 1, run: ([names]) => map(names!, (name) => name.replace(/\.[^./]*$/, "")) },
  notdir: { args: 1, run: ([names]) => map(names!, (name) => name.slice(name.lastIndexOf("/") + 1)) },
  strip: { args: 1, run: ([text]) => words(text!).join(" ") },
  sort: { args: 1, run: ([names]) => [...new Set(words(names!))].toSorted().join(" ") },
  firstword: { args: 1, run: ([names]) => words(names!)[0] ?? "" },
  lastword: { args: 1, run: ([names]) => words(names!).at(-1) ?? "" },
  subst: { args: 3, run: ([from, to, text]) => (from === "" ? text! : text!.replaceAll(from!, () => to!)) },
  patsubst: {
    args: 3,
    run: ([from, to, text]) => map(text!, (name) => replacePattern(name, from!.trim(), to!.trim())),
  },
  filter: { args: 2, run: ([patterns, names]) => choose(names!, patterns!, true) },
  "filter-out": { args: 2, run: ([patterns, names]) => choose(names!, patterns!, false) },
};

function evaluate(inside: string, variables: Variables, depth: number): string | undefined {
  const call = /^([a-z-]+)[ \t]+([^]*)$/.exec(inside);
  if (call !== null) {
    const known = FUNCTIONS[call[1]!];
    if (known === undefined || !Object.hasOwn(FUNCTIONS, call[1]!)) return undefined;
    const args = argumentsOf(call[2]!, known.args).map((arg) => expand(arg, variables, depth));
    if (args.length < known.args || args.includes(undefined)) return undefined;
    return known.run(args as string[]);
  }
  const substitution = /^([^:=]+):([^=]*)=([^]*)$/.exec(inside);
  const name = expand(substitution === null ? inside : substitution[1]!, variables, depth);
  if (name === undefined || !variables.has(name)) return undefined;
  const raw = variables.get(name);
  const value = raw === undefined ? undefined : expand(raw, variables, depth);
  if (value === undefined || substitution === null) return value;
  const from = expand(substitution[2]!, variables, depth);
  const to = expand(substitution[3]!, variables, depth);
  if (from === undefined || to === undefined) return undefined;
  const hasPattern = from.includes("%");
  return map(value, (one) => replacePattern(one, hasPattern ? from : `%${from}`, hasPattern ? to : `%${to}`));
}

/** Commas inside brackets belong to the argument. */
function argumentsOf(text: string, count: number): string[] {
  const args: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length && args.length < count - 1; at++) {
    const char = text[at]!;
    if (char === "(" || char === "{") depth++;
    else if (char === ")" || char === "}") depth--;
    else if (char === "," && depth === 0) {
      args.push(text.slice(from, at));
      from = at + 1;
    }
  }
  args.push(text.slice(from));
  return args;
}

export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function map(text: string, change: (word: string) => string): string {
  return words(text).map(change).join(" ");
}

/** The part of the name that `%` stands for; undefined when the pattern does not fit. */
export function stemOf(name: string, pattern: string): string | undefined {
  const at = pattern.indexOf("%");
  if (at < 0) return name === pattern ? "" : undefined;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  const fits = name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
  return fits ? name.slice(before.length, name.length - after.length) : undefined;
}

function replacePattern(name: string, from: string, to: string): string {
  const stem = stemOf(name, from);
  return stem === undefined ? name : to.replace("%", () => stem);
}

function choose(names: string, patterns: string, isWanted: boolean): string {
  const all = words(patterns);
  return words(names)
    .filter((name) => all.some((pattern) => stemOf(name, pattern) !== undefined) === isWanted)
    .join(" ");
}
