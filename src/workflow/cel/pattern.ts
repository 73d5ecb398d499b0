/**
 * Regular expressions whose time is linear in the text: RE2's language without captures, as CEL has it. JavaScript's own
 * engine backtracks, and a short pattern can keep it busy for hours.
 *
 * R1  Time is at most characters of the text times size of the pattern; both are bounded, and `cost` says the product.
 */
/** Largest pattern, in characters, and once its counted repetitions are written out. */
const PATTERN_MAX = 1000;
const PROGRAM_MAX = 4000;
const NESTING_MAX = 100;

/** One step of the program. A consuming step goes on to the next one. */
type Step =
  | { op: "char"; test: (char: string) => boolean }
  | { op: "split"; to: number[] }
  | { op: "assert"; kind: Assertion }
  | { op: "match" };
type Assertion = "start" | "end" | "lineStart" | "lineEnd" | "word" | "noWord";

/** What a part of the pattern means, as a tree. */
type Part =
  | { type: "char"; test: (char: string) => boolean }
  | { type: "assert"; kind: Assertion }
  | { type: "sequence"; parts: Part[] }
  | { type: "choice"; parts: Part[] }
  | { type: "repeat"; part: Part; min: number; max: number };

export class PatternError extends Error {}

/** A pattern ready to be matched. */
export class Pattern {
  readonly #steps: Step[] = [];

  constructor(source: string) {
    if (source.length > PATTERN_MAX) throw new PatternError(`holds more than ${PATTERN_MAX} characters`);
    this.#emit(new Reader(source).read());
    this.#steps.push({ op: "match" });
  }

  /** Steps that one look at a text of this length may take. */
  cost(length: number): number {
    return (length + 1) * this.#steps.length;
  }

  /** True when the pattern fits somewhere in the text. */
  test(text: string): boolean {
    let now = new Set<number>();
    let before = "";
    const chars = Array.from(text);
    for (let at = 0; at <= chars.length; at++) {
      const char = chars[at];
      // A match may begin anywhere.
      if (this.#add(0, now, before, char)) return true;
      if (char === undefined) return false;
      const next = new Set<number>();
      for (const index of now) {
        const step = this.#steps[index]!;
        const fits = step.op === "char" && step.test(char);
        if (fits && this.#add(index + 1, next, char, chars[at + 1])) return true;
      }
      now = next;
      before = char;
    }
    return false;
  }

  /** Adds the step and all that it leads to without a character; true when that is the end of the pattern. */
  #add(first: number, to: Set<number>, before: string, after: string | undefined): boolean {
    const stack = [first];
    while (stack.length > 0) {
      const index = stack.pop()!;
      if (to.has(index)) continue;
      to.add(index);
      const step = this.#steps[index]!;
      if (step.op === "match") return true;
      if (step.op === "split") stack.push(...step.to);
      else if (step.op === "assert" && holds(step.kind, before, after)) stack.push(index + 1);
    }
    return false;
  }

  #emit(part: Part): void {
    if (this.#steps.length > PROGRAM_MAX) throw new PatternError("repeats too much: write smaller counts");
    switch (part.type) {
      case "char":
        this.#steps.push({ op: "char", test: part.test });
        return;
      case "assert":
        this.#steps.push({ op: "assert", kind: part.kind });
        return;
      case "sequence":
        for (const one of part.parts) this.#emit(one);
        return;
      case "choice":
        return this.#emitChoice(part.parts);
      case "repeat":
        return this.#emitRepeat(part.part, part.min, part.max);
    }
  }

  #emitChoice(parts: readonly Part[]): void {
    const split: Step & { op: "split" } = { op: "split", to: [] };
    this.#steps.push(split);
    const ends: (Step & { op: "split" })[] = [];
    for (const one of parts) {
      split.to.push(this.#steps.length);
      this.#emit(one);
      const end: Step & { op: "split" } = { op: "split", to: [] };
      ends.push(end);
      this.#steps.push(end);
    }
    for (const end of ends) end.to.push(this.#steps.length);
  }

  #emitRepeat(part: Part, min: number, max: number): void {
    for (let i = 0; i < min; i++) this.#emit(part);
    if (max === Infinity) {
      const at = this.#steps.length;
      const split: Step & { op: "split" } = { op: "split", to: [at + 1] };
      this.#steps.push(split);
      this.#emit(part);
      this.#steps.push({ op: "split", to: [at] });
      split.to.push(this.#steps.length);
      return;
    }
    const splits: (Step & { op: "split" })[] = [];
    for (let i = min; i < max; i++) {
      const split: Step & { op: "split" } = { op: "split", to: [this.#steps.length + 1] };
      splits.push(split);
      this.#steps.push(split);
      this.#emit(part);
    }
    for (const split of splits) split.to.push(this.#steps.length);
  }
}

function holds(kind: Assertion, before: string, after: string | undefined): boolean {
  switch (kind) {
    case "start":
      return before === "";
    case "end":
      return after === undefined;
    case "lineStart":
      return before === "" || before === "\n";
    case "lineEnd":
      return after === undefined || after === "\n";
    case "word":
    case "noWord":
      return (isWord(before) !== isWord(after)) === (kind === "word");
  }
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /^\w$/.test(char);
}

class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #flags = "su";
  #multiline = false;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Part {
    this.#flags = "u";
    const part = this.#choice();
    if (this.#at < this.#source.length) throw new PatternError("has a ) without its (");
    return part;
  }

  #choice(): Part {
    if (++this.#depth > NESTING_MAX) throw new PatternError(`is nested more than ${NESTING_MAX} deep`);
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { type: "choice", parts };
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#source[this.#at]!)) {
      const atom = this.#atom();
      if (atom !== undefined) parts.push(this.#repeated(atom));
    }
    return { type: "sequence", parts };
  }

  #repeated(part: Part): Part {
    const counted = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(this.#source.slice(this.#at, this.#at + 20));
    if (counted === null) return part;
    this.#at += counted[0].length;
    this.#take("?");
    if (/^[*+]|^\{\d/.test(this.#source.slice(this.#at))) throw new PatternError("repeats a repetition");
    const sign = counted[0][0]!;
    if (sign === "*") return { type: "repeat", part, min: 0, max: Infinity };
    if (sign === "+") return { type: "repeat", part, min: 1, max: Infinity };
    if (sign === "?") return { type: "repeat", part, min: 0, max: 1 };
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === "" ? Infinity : Number(counted[3]);
    if (max < min || min > PATTERN_MAX || (max !== Infinity && max > PATTERN_MAX)) {
      throw new PatternError(`has the count ${counted[0]}, which must rise and be at most ${PATTERN_MAX}`);
    }
    return { type: "repeat", part, min, max };
  }

  #atom(): Part | undefined {
    const char = this.#source[this.#at]!;
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return this.#class();
      case "^":
        this.#at++;
        return { type: "assert", kind: this.#multiline ? "lineStart" : "start" };
      case "$":
        this.#at++;
        return { type: "assert", kind: this.#multiline ? "lineEnd" : "end" };
      case "*":
      case "+":
      case "?":
        throw new PatternError(`has ${char} with nothing before it to repeat`);
      case "\\":
        return this.#escape();
      case ".":
        this.#at++;
        return this.#one(".");
      default: {
        const whole = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
        this.#at += whole.length;
        return this.#one(/[\]{}/]/.test(whole) ? `\\${whole}` : whole);
      }
    }
  }

  #group(): Part | undefined {
    const rest = this.#source.slice(this.#at);
    const flags = /^\(\?([ims]+)([:)])/.exec(rest);
    const before = { flags: this.#flags, multiline: this.#multiline };
    if (flags !== null) {
      this.#at += flags[0].length;
      for (const flag of flags[1]!) {
        if (flag === "m") this.#multiline = true;
        else if (!this.#flags.includes(flag)) this.#flags += flag;
      }
      if (flags[2] === ")") return undefined;
    } else {
      const open = /^\((\?:|\?P?<[A-Za-z_]\w*>)?/.exec(rest)!;
      if (open[0] === "(" && rest[1] === "?") throw new PatternError("looks ahead or behind, which is not supported");
      this.#at += open[0].length;
    }
    const part = this.#choice();
    if (!this.#take(")")) throw new PatternError("has a ( without its )");
    this.#flags = before.flags;
    this.#multiline = before.multiline;
    return part;
  }

  /** A set of characters. What is in it is left to JavaScript, which is asked about one character at a time. */
  #class(): Part {
    const set = /^\[\^?\]?(?:\\[\s\S]|\[:\^?[a-z]+:\]|[^\]\\])*\]/.exec(this.#source.slice(this.#at))?.[0];
    if (set === undefined) throw new PatternError("has a [ without its ]");
    this.#at += set.length;
    const named = set.replace(/\[:(\^?)([a-z]+):\]/g, (_, not: string, name: string) => {
      const chars = POSIX[name];
      if (chars === undefined || not !== "") throw new PatternError(`has the unknown set [:${not}${name}:]`);
      return chars;
    });
    const open = /^\[\^?/.exec(named)![0];
    const inner = named
      .slice(open.length, -1)
      .replace(/^\]/, "\\]")
      .replace(/(?<!\\)\[/g, "\\[");
    return this.#one(`${open}${inner}]`);
  }

  #escape(): Part {
    const rest = this.#source.slice(this.#at);
    const assertion = ({ "\\b": "word", "\\B": "noWord", "\\A": "start", "\\z": "end" } as const)[rest.slice(0, 2)];
    if (assertion !== undefined) {
      this.#at += 2;
      return { type: "assert", kind: assertion };
    }
    const code = /^\\x([0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})/.exec(rest);
    const known = code ?? /^\\(?:[dDwWsStnrfv]|[pP](?:\{[A-Za-z_=]+\}|[A-Z])|[^A-Za-z0-9\s])/.exec(rest);
    if (known === null) throw new PatternError(`has the unknown escape ${rest.slice(0, 2)}`);
    this.#at += known[0].length;
    if (code !== null) return this.#one(`\\u{${code[1]!.replace(/[{}]/g, "")}}`);
    const letter = /^\\([pP])([A-Z])$/.exec(known[0]);
    if (letter !== null) return this.#one(`\\${letter[1]}{${letter[2]}}`);
    // An escape that JavaScript does not need is one that it refuses.
    const sign = known[0][1]!;
    return this.#one(/[A-Za-z^$\\.*+?()[\]{}|/]/.test(sign) ? known[0] : sign);
  }

  #one(source: string): Part {
    let expression: RegExp;
    try {
      expression = new RegExp(`^${source}$`, this.#flags);
    } catch {
      throw new PatternError(`has ${source}, which is not a character or a set of them`);
    }
    return { type: "char", test: (char) => expression.test(char) };
  }

  #take(sign: string): boolean {
    if (this.#source[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  upper: "A-Z",
  space: "\\s",
  punct: "!-\\/:-@\\[-`\\{-~",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};
