/**
 * A Makefile, read for its graph: explicit rules, `.PHONY`, variables, order-only prerequisites, pattern rules by name. It is
 * make that carries out the rules later, so what is not understood here costs order and never a result.
 */
import { expand, type Variables, words } from "./make-variables.ts";

export interface Rule {
  line: number;
  needs: string[];
  orderOnly: string[];
  hasRecipe: boolean;
  /** Its recipe, as it stands in the file. */
  recipe?: string;
  /** Some of what it needs could not be known. */
  isVague: boolean;
}

export interface Makefile {
  rules: Map<string, Rule>;
  phony: Set<string>;
  /** Pattern rules: `%.o` with what it needs, in which `%` stands for the same. */
  patterns: { target: string; needs: string[] }[];
  firstGoal: string | undefined;
  /** `.NOTPARALLEL`: one thing at a time. */
  isSequential: boolean;
  losses: { line: number; message: string }[];
}

interface Line {
  number: number;
  text: string;
  isRecipe: boolean;
}

export function readMakefile(text: string): Makefile {
  const reader = new Reader();
  for (const line of linesOf(text)) reader.read(line);
  return reader.end();
}

/** Lines that end with a backslash go on. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  const all = text.replaceAll("\r\n", "\n").split("\n");
  for (let at = 0; at < all.length; at++) {
    const number = at + 1;
    let line = all[at]!;
    const isRecipe = line.startsWith("\t");
    while (/(?<!\\)(\\\\)*\\$/.test(line) && at + 1 < all.length)
      line = `${line.slice(0, -1)} ${all[++at]!.trimStart()}`;
    lines.push({ number, text: line, isRecipe });
  }
  return lines;
}

const ASSIGNMENT = /^(?:(override|export|private)\s+)?([^\s:#=+?!]+)\s*(:{0,3}=|\+=|\?=|!=)\s?([^]*)$/;
const CONDITIONAL = /^(ifeq|ifneq|ifdef|ifndef|else|endif)\b/;
const INCLUDE = /^(-include|sinclude|include)\b/;

class Reader {
  readonly #variables: Variables = new Map([["MAKE", "make"]]);
  readonly #file: Makefile = {
    rules: new Map(),
    phony: new Set(),
    patterns: [],
    firstGoal: undefined,
    isSequential: false,
    losses: [],
  };
  /** Rules that the recipe lines which follow belong to. */
  #open: Rule[] = [];
  #conditionals = 0;
  /** Lines that begin with a tab are recipe. */
  #isInRule = false;
  #isDefine = false;
  #line = 0;

  read({ number, text, isRecipe }: Line): void {
    if (this.#isDefine) {
      if (/^\s*endef\b/.test(text)) this.#isDefine = false;
      return;
    }
    if (isRecipe && this.#isInRule) {
      for (const rule of this.#open) {
        rule.hasRecipe = true;
        rule.recipe = `${rule.recipe ?? ""}${text}\n`;
      }
      return;
    }
    const line = withoutComment(text).trim();
    if (line === "") return;
    this.#isInRule = false;
    if (CONDITIONAL.test(line)) return this.#conditional(line);
    if (this.#conditionals > 0) return this.#inConditional(line, number);
    if (this.#other(line, number)) return;
    const assignment = ASSIGNMENT.exec(line);
    if (assignment !== null) {
      this.#open = [];
      return this.#assign(assignment[2]!, assignment[3]!, assignment[4]!);
    }
    this.#rule(line, number);
  }

  end(): Makefile {
    const { rules, phony } = this.#file;
    // What nothing makes and nobody asks for is no target.
    for (const name of phony) if (!rules.has(name)) phony.delete(name);
    return this.#file;
  }

  #conditional(line: string): void {
    if (line.startsWith("endif")) this.#conditionals = Math.max(0, this.#conditionals - 1);
    else if (line.startsWith("if")) this.#conditionals++;
    this.#open = [];
  }

  /** What holds only sometimes is not followed: variables are unknown from here on, rules are told of. */
  #inConditional(line: string, number: number): void {
    const assignment = ASSIGNMENT.exec(line);
    if (assignment !== null) this.#variables.set(assignment[2]!, undefined);
    else if (line.includes(":"))
      this.#lose(number, `the rule ${show(line)} stands in a conditional, and may not be there`);
  }

  #other(line: string, number: number): boolean {
    if (/^define\b/.test(line)) {
      this.#isDefine = true;
      const name = /^define\s+(\S+)/.exec(line)?.[1];
      if (name !== undefined) this.#variables.set(name, undefined);
      return true;
    }
    if (INCLUDE.test(line)) {
      this.#lose(number, `${show(line)} may bring rules that are not looked at`);
      return true;
    }
    if (/^\$[({](eval|foreach|call)\b/.test(line)) {
      this.#lose(number, `${show(line)} may make rules that are not looked at`);
      return true;
    }
    return /^(export|unexport|vpath|undefine|override)\b/.test(line) && !ASSIGNMENT.test(line);
  }

  #assign(name: string, operator: string, value: string): void {
    const before = this.#variables.get(name);
    if (operator === "?=" && this.#variables.has(name)) return;
    if (operator === "!=") this.#variables.set(name, undefined);
    else if (operator === "+=") {
      const isKnown = !this.#variables.has(name) || before !== undefined;
      this.#variables.set(name, isKnown ? `${before ?? ""} ${value}`.trim() : undefined);
    } else this.#variables.set(name, operator.startsWith(":") ? expand(value, this.#variables) : value);
  }

  #rule(line: string, number: number): void {
    this.#open = [];
    this.#isInRule = true;
    const semicolon = line.indexOf(";");
    const head = semicolon < 0 ? line : line.slice(0, semicolon);
    const colon = colonOf(head);
    if (colon < 0) return this.#lose(number, `${show(line)} is no rule, and not understood`);
    const targets = expand(head.slice(0, colon), this.#variables);
    if (targets === undefined) return this.#lose(number, `the targets of ${show(head)} are known to make alone`);
    const isDouble = head[colon + 1] === ":";
    const rest = head.slice(colon + (isDouble ? 2 : 1));
    // A variable that holds for one target only.
    if (ASSIGNMENT.test(rest.trim())) {
      const message = `${show(line)} sets a variable for a target and for all that it needs, which are tasks of their own here`;
      return this.#lose(number, message);
    }
    const names = words(targets);
    if (isDouble && names.some((name) => this.#file.rules.has(name)))
      return this.#lose(number, `${show(head)} is a second rule of its own for one target`);
    this.#line = number;
    const stat = /^\s*([^:]*%[^:]*):(?!=)(.*)$/.exec(rest);
    const needs = this.#needsOf(stat === null ? rest : stat[2]!);
    if (stat !== null) Object.assign(needs, { needs: [], isVague: true });
    const rule = { line: number, ...needs, hasRecipe: semicolon >= 0 };
    for (const name of names) this.#target(name, rule);
  }

  #target(name: string, rule: Rule): void {
    const { rules, phony, patterns } = this.#file;
    if (name === ".PHONY") {
      for (const one of rule.needs) phony.add(one);
      return;
    }
    if (name.includes("%")) return void patterns.push({ target: name, needs: [...rule.needs, ...rule.orderOnly] });
    if (name === ".NOTPARALLEL") this.#file.isSequential = true;
    if (/^\.[A-Za-z]/.test(name) && !name.includes("/")) return;
    this.#file.firstGoal ??= name;
    const known = rules.get(name);
    const own: Rule = known ?? { ...rule, needs: [], orderOnly: [], isVague: false, hasRecipe: false };
    own.needs.push(...rule.needs);
    own.orderOnly.push(...rule.orderOnly);
    own.isVague ||= rule.isVague;
    own.hasRecipe ||= rule.hasRecipe;
    rules.set(name, own);
    this.#open.push(own);
  }

  #needsOf(text: string): Pick<Rule, "needs" | "orderOnly" | "isVague"> {
    const [normal = "", order = ""] = text.split("|");
    const found = { needs: [] as string[], orderOnly: [] as string[], isVague: false };
    for (const [part, list] of [
      [normal, found.needs],
      [order, found.orderOnly],
    ] as const) {
      // Word by word, so that one that is unknown does not take the others with it.
      for (const word of splitWords(part)) {
        const value = expand(word, this.#variables);
        if (word === ".WAIT") this.#lose(this.#line, ".WAIT orders what a target needs: name the needs of each");
        else if (value === undefined || /[*?[\]~]/.test(value)) found.isVague = true;
        else list.push(...words(value));
      }
    }
    return found;
  }

  #lose(line: number, message: string): void {
    this.#file.losses.push({ line, message });
  }
}

/** The colon that ends the targets: not one inside a variable. */
function colonOf(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === "(" || char === "{") depth++;
    else if (char === ")" || char === "}") depth--;
    else if (char === ":" && depth === 0) return at;
  }
  return -1;
}

/** Words, where a space inside brackets is none between words. */
function splitWords(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let word = "";
  for (const char of text) {
    if (char === "(" || char === "{") depth++;
    else if (char === ")" || char === "}") depth--;
    if (/\s/.test(char) && depth === 0) {
      if (word !== "") found.push(word);
      word = "";
    } else word += char;
  }
  if (word !== "") found.push(word);
  return found;
}

function withoutComment(text: string): string {
  const found = /(?<!\\)#/.exec(text);
  return found === null ? text : text.slice(0, found.index);
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
