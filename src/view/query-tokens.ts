/** The words of a query, with their places: `key:value`, `key:"a value"`, words and `"phrases"`. */
import { isSpace, quoted, readWord } from "../base/search-words.ts";

export interface QueryToken {
  /** Where it stands in the text. */
  from: number;
  to: number;
  /** What is before the colon; absent for free text. */
  key?: string;
  /** Without its quotes. */
  value: string;
  /** Where the value begins, behind the colon and the quote. */
  valueFrom: number;
  /** As it is written. */
  raw: string;
  /** Its quote has no end. */
  isOpen?: true;
}

const KEY = /[A-Za-z][A-Za-z_-]*:(?!\/\/)/y;

export function tokensOf(text: string): QueryToken[] {
  const tokens: QueryToken[] = [];
  for (let at = 0; at < text.length;) {
    if (isSpace(text[at]!)) {
      at++;
      continue;
    }
    const from = at;
    KEY.lastIndex = at;
    const key = KEY.exec(text)?.[0].slice(0, -1);
    if (key !== undefined) at += key.length + 1;
    const valueFrom = text[at] === '"' ? at + 1 : at;
    const read = readWord(text, at);
    at = read.to;
    const token: QueryToken = { from, to: at, value: read.value, valueFrom, raw: text.slice(from, at) };
    if (key !== undefined) token.key = key;
    if (read.isOpen === true) token.isOpen = true;
    tokens.push(token);
  }
  return tokens;
}

/** The value of a filter, in quotes where it would be read as something else: `arm://x` is the beginning of an address. */
export function valueText(value: string): string {
  return /[\s"\\]|^\/\//.test(value) ? quoted(value) : value;
}

/** A word of free text, in quotes where it would be read as something else. */
export function freeText(word: string): string {
  KEY.lastIndex = 0;
  return KEY.test(word) || /^"|\s/.test(word) ? quoted(word) : word;
}
