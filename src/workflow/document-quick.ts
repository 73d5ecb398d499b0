/**
 * The quick way for long YAML files: the plain part of YAML that people and programs write thousands of tasks in. Mappings,
 * lists and texts of one line, and `|` blocks. Whatever is out of the ordinary (anchors, tags, texts over several lines,
 * odd indentation, a key twice) gives nothing, and the file goes the long way, which knows all of YAML and all places.
 *
 * Q1  What it gives is what the long way gives: a test compares the two.
 */
import type { Json } from "../base/words.ts";

/** Thrown for what is out of the ordinary, and caught at the door. */
const UNUSUAL = Symbol("unusual");

const DEPTH_MAX = 50;

/** The value of the text, or undefined when it has to go the long way. */
export function readQuick(text: string): Json | undefined {
  if (UNUSUAL_TEXT.test(text)) return undefined;
  try {
    return new Lines(text).read();
  } catch (thrown) {
    if (thrown === UNUSUAL) return undefined;
    throw thrown;
  }
}

/** Tabs and other characters without a picture, `---`, `...`, `%`, merge keys, and a name that is refused. */
const UNUSUAL_TEXT =
  /[\t\r\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]|^(?:---|\.\.\.|%)|<<|__proto__|[ \n]\? /m;

/** A key of a mapping, at the beginning of a line without its indentation. */
const KEY = /^([A-Za-z_][\w./-]*):(?: +|$)/;

class Lines {
  readonly #text: string;
  /** Where the next line begins. */
  #next = 0;
  /** The line at hand, without its indentation; undefined at the end. */
  #line: string | undefined;
  #indent = 0;

  constructor(text: string) {
    this.#text = text;
    this.#advance();
  }

  read(): Json {
    if (this.#line === undefined || this.#indent !== 0) throw UNUSUAL;
    const value = this.#block(0, 0);
    if (this.#line !== undefined) throw UNUSUAL;
    return value;
  }

  /** The next line that says something. */
  #advance(): void {
    while (this.#next < this.#text.length) {
      const start = this.#next;
      let end = this.#text.indexOf("\n", start);
      if (end < 0) end = this.#text.length;
      this.#next = end + 1;
      let first = start;
      while (first < end && this.#text.charCodeAt(first) === 32) first++;
      if (first === end || this.#text.charCodeAt(first) === 35) continue;
      let last = end;
      while (this.#text.charCodeAt(last - 1) === 32) last--;
      this.#line = this.#text.slice(first, last);
      this.#indent = first - start;
      return;
    }
    this.#line = undefined;
    this.#indent = -1;
  }

  /** A mapping or a list whose lines are indented so far. */
  #block(indent: number, depth: number): Json {
    if (depth > DEPTH_MAX) throw UNUSUAL;
    return this.#line!.startsWith("- ") || this.#line === "-" ? this.#list(indent) : this.#mapping(indent, depth);
  }

  #mapping(indent: number, depth: number): Json {
    const mapping: Record<string, Json> = {};
    while (this.#line !== undefined && this.#indent === indent) {
      const found = KEY.exec(this.#line);
      if (found === null) throw UNUSUAL;
      const key = found[1]!;
      // A key that YAML reads as something else than text.
      if (Object.hasOwn(mapping, key) || WORDS.has(key)) throw UNUSUAL;
      mapping[key] = this.#value(withoutRemark(this.#line.slice(found[0].length)), indent, depth);
    }
    if (this.#indent > indent) throw UNUSUAL;
    return mapping;
  }

  /** What stands after a key: on its line, or indented below. Goes on to the line after it. */
  #value(rest: string, indent: number, depth: number): Json {
    if (rest === "|" || rest === "|-") return this.#literal(rest === "|-", indent);
    this.#advance();
    const isBelow = this.#line !== undefined && this.#indent > indent;
    if (rest !== "") {
      // A text that goes on below.
      if (isBelow) throw UNUSUAL;
      return value(rest);
    }
    if (isBelow) return this.#block(this.#indent, depth + 1);
    const isList = this.#line !== undefined && this.#indent === indent && this.#line.startsWith("- ");
    return isList ? this.#list(indent) : null;
  }

  /** Items on a line each. */
  #list(indent: number): Json {
    const items: Json[] = [];
    while (this.#line !== undefined && this.#indent === indent && this.#line.startsWith("- ")) {
      const item = withoutRemark(this.#line.slice(2).trimStart());
      if (KEY.test(item) || item.startsWith("- ")) throw UNUSUAL;
      items.push(value(item));
      this.#advance();
    }
    if (items.length === 0 || this.#indent > indent) throw UNUSUAL;
    return items;
  }

  /** A text as it stands, over several lines. */
  #literal(strip: boolean, indent: number): Json {
    const lines: string[] = [];
    let own = -1;
    let blank = 0;
    while (this.#next < this.#text.length) {
      let end = this.#text.indexOf("\n", this.#next);
      if (end < 0) end = this.#text.length;
      const line = this.#text.slice(this.#next, end);
      const at = line.search(/[^ ]/);
      if (at < 0) {
        // A line of spaces that are more than the indentation is not blank.
        if (line.length > 0 && (own < 0 || line.length > own)) throw UNUSUAL;
        blank++;
      } else {
        if (at <= indent) break;
        if (own < 0) {
          if (blank > 0) throw UNUSUAL;
          own = at;
        }
        if (at < own) throw UNUSUAL;
        for (; blank > 0; blank--) lines.push("");
        lines.push(line.slice(own));
      }
      this.#next = end + 1;
    }
    if (own < 0) throw UNUSUAL;
    this.#advance();
    return lines.join("\n") + (strip ? "" : "\n");
  }
}

/** What stands before ` # remark`. In a text with quotes it is not looked for. */
function withoutRemark(text: string): string {
  const at = text.indexOf(" #");
  if (at < 0 || /["']/.test(text)) return text;
  const before = text.slice(0, at).trimEnd();
  if (before === "" || before.startsWith("|")) throw UNUSUAL;
  return before;
}

const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ...["null", "Null", "NULL", "~"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);

/** Begins something else than a plain text. */
const INDICATOR = /^[-?:,[\]{}#&*!|>'"%@`=]/;
const NUMBER_LIKE = /^[-+.]?[0-9]|^[-+]?\.(?:inf|nan)/i;

/** A value on one line. */
function value(text: string): Json {
  const first = text[0];
  if (first === "[" || first === "{") {
    const flow = new Flow(text);
    return flow.read();
  }
  if (first === '"') return doubleQuoted(text);
  if (first === "'") return singleQuoted(text);
  if (INDICATOR.test(text) || text.includes(": ") || text.includes(" #") || text.endsWith(":")) throw UNUSUAL;
  return plain(text);
}

function plain(text: string): Json {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!NUMBER_LIKE.test(text)) return text;
  if (/^-?(?:0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  // Versions, dates, commands that begin with a digit; other forms of numbers go the long way.
  if (/^[-+.]?[0-9][0-9.]*(?:e[-+]?[0-9]+)?$|^0[xo]|^[-+]?\./i.test(text)) throw UNUSUAL;
  return text;
}

function doubleQuoted(text: string): string {
  if (!/^"(?:[^"\\]|\\["\\/bfnrt])*"$/.test(text)) throw UNUSUAL;
  return JSON.parse(text) as string;
}

function singleQuoted(text: string): string {
  if (!/^'(?:[^']|'')*'$/.test(text)) throw UNUSUAL;
  return text.slice(1, -1).replaceAll("''", "'");
}

/** A list or a mapping on one line, of plain words and quoted texts. */
class Flow {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Json {
    const read = this.#value(0);
    if (this.#at < this.#text.length) throw UNUSUAL;
    return read;
  }

  #value(depth: number): Json {
    if (depth > DEPTH_MAX) throw UNUSUAL;
    switch (this.#text[this.#at]) {
      case "[":
        return this.#list(depth);
      case "{":
        return this.#mapping(depth);
      default:
        return this.#scalar();
    }
  }

  #list(depth: number): Json {
    const items: Json[] = [];
    this.#skip(1);
    while (this.#text[this.#at] !== "]") {
      items.push(this.#value(depth + 1));
      this.#separate("]");
    }
    this.#skip(1);
    return items;
  }

  #mapping(depth: number): Json {
    const mapping: Record<string, Json> = {};
    this.#skip(1);
    while (this.#text[this.#at] !== "}") {
      const key = /[A-Za-z_][\w./-]*(?=: )|$/y;
      key.lastIndex = this.#at;
      const name = key.exec(this.#text)?.[0];
      if (name === undefined || name === "" || Object.hasOwn(mapping, name) || WORDS.has(name)) throw UNUSUAL;
      this.#skip(name.length + 1);
      mapping[name] = this.#value(depth + 1);
      this.#separate("}");
    }
    this.#skip(1);
    return mapping;
  }

  #scalar(): Json {
    const form = /"(?:[^"\\]|\\["\\/bfnrt])*"|'(?:[^']|'')*'|[A-Za-z0-9_./][\w./-]*(?: [\w./-]+)*/y;
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0];
    if (found === undefined) throw UNUSUAL;
    this.#skip(found.length);
    if (!/[,\]}]/.test(this.#text[this.#at] ?? "")) throw UNUSUAL;
    return found.startsWith('"') ? doubleQuoted(found) : found.startsWith("'") ? singleQuoted(found) : plain(found);
  }

  /** Past so many characters, and the spaces after them. */
  #skip(count: number): void {
    this.#at += count;
    while (this.#text.charCodeAt(this.#at) === 32) this.#at++;
  }

  #separate(end: string): void {
    if (this.#text[this.#at] === ",") {
      this.#skip(1);
      if (this.#text[this.#at] === end) throw UNUSUAL;
    } else if (this.#text[this.#at] !== end) throw UNUSUAL;
  }
}
