/**
 * Lines of the screen as spans of text with a look, cut and filled to an exact number of columns.
 *
 * L1  Text of strangers reaches the terminal only through `fit`, which makes it harmless: no control characters, no marks
 *     that turn the direction of what stands around it.
 * L2  After `fit` a line takes as many columns in every terminal: signs on whose width terminals do not agree are written
 *     as others on which they do.
 */
import { type Look, PLAIN, type Span } from "../view/ansi.ts";
import { clip, inertLine } from "../view/inert.ts";
import { width } from "../view/text.ts";

export type { Look, Span } from "../view/ansi.ts";
export type Line = readonly Span[];
/** What a screen writes where no look is needed. */
export type Words = string | Span | Line;

export function span(text: string, look: Look = PLAIN): Span {
  return { text, look };
}

export function lineOf(...parts: readonly (Words | undefined)[]): Line {
  return parts.flatMap((part) => {
    if (part === undefined || part === "") return [];
    if (typeof part === "string") return [span(part)];
    return "look" in part ? [part] : part;
  });
}

/** The text as it may stand in a line: harmless, and as wide everywhere. */
export function steady(text: string): string {
  if (/^[\u0020-\u007e]*$/.test(text)) return text;
  return inertLine(text)
    .replace(/\u200d|[\ufe00-\ufe0f]|\u20e3|[\u{1f3fb}-\u{1f3ff}]/gu, "")
    .replace(/[\u{1f1e6}-\u{1f1ff}]/gu, (sign) => String.fromCharCode(sign.codePointAt(0)! - 0x1f1e6 + 65))
    .replace(/^\p{Mark}+/u, "")
    .replace(/(\p{Mark}{2})\p{Mark}+/gu, "$1");
}

export function widthOf(words: Words): number {
  return lineOf(words).reduce((sum, { text }) => sum + width(steady(text)), 0);
}

/** Exactly as many columns: what is too long ends with `…`, what is too short is filled in the look `fill`. */
export function fit(words: Words, columns: number, side: "left" | "right" = "left", fill: Look = PLAIN): Line {
  if (columns <= 0) return [];
  const out: Span[] = [];
  let used = 0;
  for (const { text, look } of lineOf(words)) {
    // A name of a megabyte is not looked through for what will be cut off.
    const safe = steady(clip(text, columns * 4 + 16).text);
    const wide = width(safe);
    if (used + wide <= columns) {
      if (safe !== "") out.push({ text: safe, look });
      used += wide;
      continue;
    }
    const part = headOf(safe, columns - used - 1);
    out.push({ text: `${part.text}…`, look });
    used += part.columns + 1;
    break;
  }
  // The sign that did not fit may have been the last of its span, right at the edge.
  if (used > columns) return fit([span(textOf(out).slice(0, -2))], columns, side, fill);
  if (used === columns) return out;
  const space = span(" ".repeat(columns - used), fill);
  return side === "left" ? [...out, space] : [space, ...out];
}

/** As many signs of the text as have room. */
function headOf(text: string, columns: number): { text: string; columns: number } {
  let used = 0;
  let out = "";
  for (const sign of text) {
    const more = width(sign);
    if (used + more > columns) break;
    used += more;
    out += sign;
  }
  return { text: out, columns: used };
}

/** Every span with more of a look: what the span says itself comes first. */
export function over(line: Line, look: Look): Line {
  return line.map((one) => ({ text: one.text, look: { ...look, ...one.look } }));
}

export function textOf(words: Words): string {
  return lineOf(words)
    .map(({ text }) => text)
    .join("");
}

/** Words in lines of at most so many columns, broken between words where that can be. */
export function wrapped(text: string, columns: number, look: Look = PLAIN): Line[] {
  const lines: Line[] = [];
  for (const paragraph of text.split("\n")) {
    let rest = steady(paragraph.trimEnd());
    while (width(rest) > columns) {
      const head = headOf(rest, columns).text;
      const space = head.lastIndexOf(" ");
      const cut = space > columns / 3 ? space : Math.max(1, head.length);
      lines.push([span(rest.slice(0, cut), look)]);
      rest = rest.slice(cut).trimStart();
    }
    lines.push([span(rest, look)]);
  }
  return lines;
}
