/**
 * Text of strangers, made harmless to show: control characters and bytes that are no text as `\xNN` (the pictures that
 * Unicode has for them are missing in many fonts), marks that turn or hide text as their names. What comes out can be put
 * into a page as text or written to a terminal; it changes neither the order nor the look of what stands around it. Lines
 * and tabs stay.
 */

// C0 without tab and newline, DEL and C1; marks of direction; what has no width (but the joiners that scripts and emoji
// need); line and paragraph separators; annotation marks; tag characters; halves of pairs.
const ODD =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]|\u034f|\u17b4|\u17b5/gu;

/** What stands for one such character. */
function nameOf(sign: string): string {
  const code = sign.codePointAt(0)!;
  if (code < 0xa0) return `\\x${hex(code, 2)}`;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  if (code >= 0xd800 && code <= 0xdfff) return `\\u${hex(code, 4)}`;
  return `\u27e8U+${hex(code, 4).toUpperCase()}\u27e9`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** The text, harmless. */
export function inert(text: string): string {
  return text.replace(ODD, nameOf);
}

/** The same on one line: what ends a line is shown, too. */
export function inertLine(text: string): string {
  return inert(text)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll("\t", " ");
}

/** A piece of text; a mark is what stands for something that could not be shown as it is. */
export interface InertPart {
  text: string;
  isMark: boolean;
}

/** The same in parts, for screens that let marks look like marks. */
export function inertParts(text: string): InertPart[] {
  const parts: InertPart[] = [];
  let at = 0;
  for (const found of text.matchAll(ODD)) {
    if (found.index > at) parts.push({ text: text.slice(at, found.index), isMark: false });
    const last = parts.at(-1);
    if (last?.isMark === true && found.index === at) last.text += nameOf(found[0]);
    else parts.push({ text: nameOf(found[0]), isMark: true });
    at = found.index + found[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), isMark: false });
  return parts;
}

/** Characters of a line that are shown before a reader asks for all. */
export const SHOWN_CHARS = 2000;

/** At most `max` characters, and how many are left out. No pair of surrogates is cut. */
export function clip(text: string, max: number = SHOWN_CHARS): { text: string; more: number } {
  if (text.length <= max) return { text, more: 0 };
  const code = text.charCodeAt(max - 1);
  const end = code >= 0xd800 && code <= 0xdbff ? max - 1 : max;
  return { text: text.slice(0, end), more: text.length - end };
}
