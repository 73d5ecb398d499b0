/**
 * Expressions of GitHub Actions, read and written again in CEL. What stands for a value is asked of the caller, who knows the
 * job; what has no counterpart is a `Foreign`.
 */

/** An expression that cannot be carried over; the message says why. */
export class Foreign extends Error {}

type Token = { kind: "text" | "number" | "name" | "sign"; text: string };

/** Functions whose answer is about what ran before, and not about values. */
export const STATUS_FUNCTIONS = new Set(["success", "always", "failure", "cancelled"]);

export interface Context {
  /** `github.ref`, `matrix.os`, `needs.build.outputs.x` in CEL. Throws `Foreign`. */
  value(path: readonly string[]): string;
  /** `success()`, where it may stand. Throws `Foreign`. */
  status(name: string): string;
}

const TOKEN =
  /\s*(?:('(?:[^']|'')*')|(-?0x[0-9a-fA-F]+|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_][\w-]*)|(\|\||&&|==|!=|<=|>=|[<>!()[\].,*]))/y;

export function toCel(text: string, context: Context): string {
  const tokens = tokensOf(text);
  const reader = new Reader(tokens, context);
  const cel = reader.or();
  reader.end();
  // Whether a job has succeeded is asked so often that it is worth the short form.
  return cel.replace(RESULT_IS, (_, state: string, sign: string, word: string) => `${state} ${sign} "${WORDS[word]!}"`);
}

const RESULT_IS =
  /\((\S+) == "succeeded" \? "success" : \1 in \["skipped", "cancelled"\] \? \1 : "failure"\) (==|!=) "(success|skipped|cancelled)"/g;
const WORDS: Readonly<Record<string, string>> = { success: "succeeded", skipped: "skipped", cancelled: "cancelled" };

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.trimEnd().length;) {
    const found = TOKEN.exec(text);
    if (found === null) throw new Foreign(`cannot read ${JSON.stringify(text.slice(at, at + 20))}`);
    at = TOKEN.lastIndex;
    const [, quoted, number, name, sign] = found;
    if (quoted !== undefined) tokens.push({ kind: "text", text: quoted.slice(1, -1).replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else tokens.push({ kind: "sign", text: sign! });
  }
  return tokens;
}

const DEPTH_MAX = 50;

class Reader {
  readonly #tokens: Token[];
  readonly #context: Context;
  #at = 0;
  #depth = 0;

  constructor(tokens: Token[], context: Context) {
    this.#tokens = tokens;
    this.#context = context;
  }

  end(): void {
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new Foreign(`${JSON.stringify(rest.text)} is not expected there`);
  }

  or(): string {
    if (++this.#depth > DEPTH_MAX) throw new Foreign("it is nested too deep");
    const parts = [this.#and()];
    while (this.#take("||")) parts.push(this.#and());
    this.#depth--;
    const [first, ...rest] = parts;
    // `a && 'x' || 'y'` is how a choice between values is written there.
    if (rest.length > 0 && first!.length > 1 && isValue(first!.at(-1)!)) {
      const other = rest.map((part) => part.join(" && ")).join(" || ");
      return `(${first!.slice(0, -1).join(" && ")} ? ${first!.at(-1)} : ${other})`;
    }
    return parts.map((part) => part.join(" && ")).join(" || ");
  }

  #and(): string[] {
    const parts = [this.#compare()];
    while (this.#take("&&")) parts.push(this.#compare());
    return parts;
  }

  #compare(): string {
    const left = this.#not();
    for (const sign of ["==", "!=", "<=", ">=", "<", ">"])
      if (this.#take(sign)) return `${left} ${sign} ${this.#not()}`;
    return left;
  }

  #not(): string {
    if (!this.#take("!")) return this.#atom();
    const inner = this.#not();
    return inner.startsWith("!") ? inner.slice(1) : `!${inner}`;
  }

  #atom(): string {
    if (this.#take("(")) {
      const inner = this.or();
      this.#need(")");
      return `(${inner})`;
    }
    const token = this.#tokens[this.#at++];
    if (token?.kind === "text") return JSON.stringify(token.text);
    if (token?.kind === "number") return String(Number(token.text));
    if (token?.kind !== "name")
      throw new Foreign(token === undefined ? "it ends too early" : `${token.text} is not expected there`);
    if (["true", "false", "null"].includes(token.text)) return token.text;
    if (this.#take("(")) return this.#call(token.text);
    return this.#context.value(this.#path(token.text));
  }

  #path(first: string): string[] {
    const path = [first];
    for (;;) {
      if (this.#take(".")) {
        const next = this.#tokens[this.#at++];
        if (next?.kind !== "name") throw new Foreign("a list of fields (.*) has no counterpart");
        path.push(next.text);
      } else if (this.#take("[")) {
        const next = this.#tokens[this.#at++];
        if (next?.kind !== "text") throw new Foreign("an index that is computed has no counterpart");
        path.push(next.text);
        this.#need("]");
      } else return path;
    }
  }

  #call(name: string): string {
    const args: string[] = [];
    if (!this.#take(")")) {
      do args.push(this.or());
      while (this.#take(","));
      this.#need(")");
    }
    if (STATUS_FUNCTIONS.has(name)) return this.#context.status(name);
    const [first, second] = args;
    if (args.length === 2 && name === "startsWith") return `string(${first}).startsWith(${second})`;
    if (args.length === 2 && name === "endsWith") return `string(${first}).endsWith(${second})`;
    // Of a text and of a list: `in` is only for lists.
    if (args.length === 2 && name === "contains") {
      return first!.startsWith("fromJson(") ? `${second} in ${first}` : `string(${first}).contains(${second})`;
    }
    if (args.length === 1 && name === "fromJSON") return `fromJson(${first})`;
    if (args.length === 1 && name === "toJSON") return `toJson(${first})`;
    if (name === "format" && first !== undefined) return formatOf(args);
    throw new Foreign(`the function ${name} has no counterpart`);
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "sign" || token.text !== sign) return false;
    this.#at++;
    return true;
  }

  #need(sign: string): void {
    if (!this.#take(sign)) throw new Foreign(`${sign} is missing`);
  }
}

/** A text or a number, and no condition. */
function isValue(cel: string): boolean {
  return /^("(?:[^"\\]|\\.)*"|-?[\d.]+)$/.test(cel);
}

/** `format('{0} of {1}', a, b)` */
function formatOf([pattern, ...values]: string[]): string {
  if (!pattern!.startsWith('"')) throw new Foreign("a format that is computed has no counterpart");
  const text = JSON.parse(pattern!) as string;
  const parts: string[] = [];
  for (const piece of text.split(/(\{\{|\}\}|\{\d+\})/)) {
    if (piece === "") continue;
    const index = /^\{(\d+)\}$/.exec(piece)?.[1];
    if (index === undefined) parts.push(JSON.stringify(piece === "{{" ? "{" : piece === "}}" ? "}" : piece));
    else parts.push(`string(${values[Number(index)] ?? '""'})`);
  }
  return parts.length === 0 ? '""' : parts.join(" + ");
}

/** `${{ … }}` in a text, and what stands between. */
export function piecesOf(text: string): (string | { expression: string })[] {
  return text
    .split(/(\$\{\{[^]*?\}\})/)
    .filter((piece) => piece !== "")
    .map((piece) =>
      piece.startsWith("${{") && piece.endsWith("}}") ? { expression: piece.slice(3, -2).trim() } : piece,
    );
}
