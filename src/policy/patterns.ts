/**
 * Patterns as rules hold them. Matching takes time by the length of the text times that of the pattern, never more: no
 * regular expression is made of what people write.
 */

/** Longer texts are looked at up to here. */
const TEXT_MAX = 4096;

export type Matcher = (text: string) => boolean;

type Token = { char: string } | "one" | "some" | "all";

/** `*` any text, `?` one character, `\x` the character x itself. With `isPath` a `*` ends at `/`, and `**` does not. */
export function globMatcher(pattern: string, isPath: boolean): Matcher {
  const tokens = tokensOf(pattern, isPath);
  if (tokens.every((token) => typeof token === "object")) {
    const literal = tokens.map(({ char }) => char).join("");
    return (text) => text === literal;
  }
  return (text) => matches(tokens, text.slice(0, TEXT_MAX));
}

/** One of several. */
export function anyOf(patterns: readonly string[], isPath: boolean): Matcher {
  const matchers = patterns.map((pattern) => globMatcher(pattern, isPath));
  return (text) => matchers.some((matcher) => matcher(text));
}

/** The longest part of the pattern that stands in every text that it matches. */
export function literalOf(pattern: string): string {
  let longest = "";
  let part = "";
  for (const token of tokensOf(pattern, false)) {
    part = typeof token === "object" ? part + token.char : "";
    if (part.length > longest.length) longest = part;
  }
  return longest;
}

function tokensOf(pattern: string, isPath: boolean): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "\\" && at + 1 < pattern.length) tokens.push({ char: pattern[++at]! });
    else if (char === "?") tokens.push("one");
    else if (char === "*") {
      const isDouble = pattern[at + 1] === "*";
      while (pattern[at + 1] === "*") at++;
      tokens.push(isPath && !isDouble ? "some" : "all");
    } else tokens.push({ char });
  }
  return tokens;
}

/** Where to go on when what follows a star does not fit: the star takes one character more. */
interface Star {
  token: number;
  at: number;
}

function matches(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let some: Star | undefined;
  let all: Star | undefined;
  for (;;) {
    const now = tokens[token];
    if (now === "all") {
      all = { token, at };
      some = undefined;
      token++;
    } else if (now === "some") {
      some = { token, at };
      token++;
    } else if (at < text.length && now !== undefined && fits(now, text[at]!)) {
      token++;
      at++;
    } else if (at === text.length && token === tokens.length) return true;
    else if (some !== undefined && some.at < text.length && text[some.at] !== "/") {
      at = ++some.at;
      token = some.token + 1;
    } else if (all !== undefined && all.at < text.length) {
      at = ++all.at;
      token = all.token + 1;
      some = undefined;
    } else return false;
  }
}

function fits(token: Token, char: string): boolean {
  return token === "one" ? char !== "/" : typeof token === "object" && token.char === char;
}
