/** Text as a terminal or a page shows it: cleaned, measured, cut. */

// What a task is called comes from whoever submitted it: an escape sequence in it must not reach a terminal.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** One line without control characters. */
export function clean(text: string): string {
  return text.replace(/\s*[\r\n\t]+\s*/g, " ").replace(CONTROL, "");
}

// Blocks whose signs take two columns (East Asian Width W and F), and emoji that are pictures by themselves.
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cd5}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NOTHING = /\p{Mark}|[\u200b-\u200f\u2060-\u2064\ufeff]/u;

/** Columns that the text takes: wide signs count twice, marks that join the sign before them count nothing. */
export function width(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const sign of text) {
    if (sign < "\u0300") columns++;
    else if (!NOTHING.test(sign)) columns += WIDE.test(sign) ? 2 : 1;
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
