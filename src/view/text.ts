/** Text as a terminal or a page shows it: cleaned, measured, cut. */

// What a task is called comes from whoever submitted it: an escape sequence in it must not reach a terminal.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** One line without control characters. */
export function clean(text: string): string {
  return text.replace(/\s*[\r\n\t]+\s*/g, " ").replace(CONTROL, "");
}

/** Columns that the text takes: wide signs count twice, marks that join the sign before them count nothing. */
export function width(text: string): number {
  let columns = 0;
  for (const sign of text) {
    const code = sign.codePointAt(0)!;
    if (/\p{Mark}|\u200d/u.test(sign)) continue;
    columns +=
      code >= 0x1100 &&
      /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}|[\uff01-\uff60]/u.test(
        sign,
      )
        ? 2
        : 1;
  }
  return columns;
}

/** At most `columns` columns; what is cut off is marked. */
export function cut(text: string, columns: number): string {
  if (text.length <= columns && width(text) <= columns) return text;
  let used = 0;
  let out = "";
  for (const sign of text) {
    const more = width(sign);
    if (used + more > columns - 1) break;
    used += more;
    out += sign;
  }
  return `${out}…`;
}

/** Filled with spaces to `columns` columns. */
export function pad(text: string, columns: number, side: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, columns - width(text)));
  return side === "left" ? text + space : space + text;
}
