/**
 * The words of a search: each of them has to be found, in whatever order. What stands in double quotes is one word, with
 * its spaces; in it, \" and \\ are a quote and a backslash. A quote within a word is a part of it.
 *
 * `searchWords(searchText(words))` are the words, for each list without empty ones.
 */
export interface ReadWord {
  /** Without its quotes. */
  value: string;
  /** Where the text goes on behind it. */
  to: number;
  /** Its quote has no end. */
  isOpen?: true;
}

export function searchWords(text: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < text.length;) {
    if (isSpace(text[at]!)) at++;
    else {
      const { value, to } = readWord(text, at);
      if (value !== "") words.push(value);
      at = to;
    }
  }
  return words;
}

export function searchText(words: readonly string[]): string {
  return words.map((word) => (/^"|\s/.test(word) ? quoted(word) : word)).join(" ");
}

/** In quotes, so that it is read as this one word. */
export function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, "\\$&")}"`;
}

/** The word, or the phrase in quotes, that begins at `from`. */
export function readWord(text: string, from: number): ReadWord {
  return text[from] === '"' ? readQuoted(text, from) : readBare(text, from);
}

export function isSpace(sign: string): boolean {
  return /\s/.test(sign);
}

function readBare(text: string, from: number): ReadWord {
  let to = from;
  while (to < text.length && !isSpace(text[to]!)) to++;
  return { value: text.slice(from, to), to };
}

function readQuoted(text: string, from: number): ReadWord {
  let value = "";
  let at = from + 1;
  for (; at < text.length; at++) {
    if (text[at] === '"') return { value, to: at + 1 };
    if (text[at] === "\\" && (text[at + 1] === '"' || text[at + 1] === "\\")) at++;
    value += text[at];
  }
  return { value, to: at, isOpen: true };
}
