/**
 * Colours that programs print (SGR), as spans of text with a look. Every other escape sequence is taken out: titles,
 * links, movements of the cursor. A line that was written over by carriage returns shows its last state. Spans still hold
 * what their text may hold; screens show them through `inert.ts`.
 */
import { ESCAPE, lastState, withoutEscapes } from "../base/escapes.ts";

/** One of the sixteen colours of a terminal by its number, or a colour as `#rrggbb`. */
export type AnsiColour = number | string;

export interface Look {
  readonly fg?: AnsiColour;
  readonly bg?: AnsiColour;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly strike?: true;
  readonly inverse?: true;
}

export interface Span {
  text: string;
  look: Look;
}

export const PLAIN: Look = Object.freeze({});

/** Spans of a line beyond which the rest has no colours: a line of nothing but escapes must not hang a page. */
const SPANS_MAX = 2000;

/** The spans of a line that begins with this look, and the look that it ends with. */
export function spansOf(line: string, start: Look = PLAIN): { spans: Span[]; end: Look } {
  const shown = lastState(line);
  // Colours that were set in what was written over still hold.
  let look = shown.length < line.length ? lookAfter(line.slice(0, line.length - shown.length), start) : start;
  if (!mayEscape(shown)) return { spans: shown === "" ? [] : [{ text: shown, look }], end: look };
  const spans: Span[] = [];
  let at = 0;
  const push = (text: string): void => {
    const last = spans.at(-1);
    if (text === "") return;
    if (last !== undefined && last.look === look) last.text += text;
    else spans.push({ text, look });
  };
  for (const found of shown.matchAll(ESCAPE)) {
    if (spans.length >= SPANS_MAX) {
      push(withoutEscapes(shown.slice(at)));
      return { spans, end: PLAIN };
    }
    push(shown.slice(at, found.index));
    if (found[2] === "m") look = applied(look, found[1]!);
    at = found.index + found[0].length;
  }
  push(shown.slice(at));
  return { spans, end: look };
}

/** The look after this text, which is not shown. */
export function lookAfter(text: string, start: Look = PLAIN): Look {
  if (!mayEscape(text)) return start;
  let look = start;
  for (const found of text.matchAll(ESCAPE)) if (found[2] === "m") look = applied(look, found[1]!);
  return look;
}

/** The text of a line as it is shown, without any look. */
export function plainLine(line: string): string {
  return withoutEscapes(lastState(line));
}

function mayEscape(text: string): boolean {
  return text.includes("\u001b") || text.includes("\u009b") || text.includes("\u009d");
}

type Writable = { -readonly [key in keyof Look]: Look[key] };

const ON: Readonly<Record<number, "bold" | "dim" | "italic" | "underline" | "inverse" | "strike">> = {
  ...{ 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline" },
};
const OFF: Readonly<Record<number, readonly (keyof Look)[]>> = {
  ...{
    22: ["bold", "dim"],
    23: ["italic"],
    24: ["underline"],
    27: ["inverse"],
    29: ["strike"],
    39: ["fg"],
    49: ["bg"],
  },
};

/** The look with the values of one sequence applied. Looks that are equal need not be the same object. */
function applied(look: Look, values: string): Look {
  if (values === "" || values === "0") return PLAIN;
  // Sequences with a private mark (`>4;1m`) set something else.
  if (!/^[\d;:]*$/.test(values)) return look;
  // `4:3` is a curly underline; `38:2::r:g:b` has an empty place for a colour space.
  const codes = values
    .replace(/\b([34]8):2:\d*:(?=\d+:\d+:\d+)/g, "$1:2:")
    .replace(/\b4:(\d)/g, (_, style: string) => (style === "0" ? "24" : "4"))
    .split(/[;:]/)
    .map(Number);
  let next: Writable = { ...look };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) next = {};
    else if (code === 38 || code === 48) {
      const { colour, used } = extended(codes, i + 1);
      if (colour !== undefined) next[code === 38 ? "fg" : "bg"] = colour;
      i += used;
    } else applySimple(next, code);
  }
  return Object.keys(next).length === 0 ? PLAIN : next;
}

/** A code that stands for itself; those that are not known change nothing. */
function applySimple(next: Writable, code: number): void {
  const on = ON[code];
  if (on !== undefined) next[on] = true;
  for (const key of OFF[code] ?? []) delete next[key];
  if (code >= 30 && code <= 37) next.fg = code - 30;
  else if (code >= 90 && code <= 97) next.fg = code - 82;
  else if (code >= 40 && code <= 47) next.bg = code - 40;
  else if (code >= 100 && code <= 107) next.bg = code - 92;
}

/** A colour of 256 or of all, and how many values it took. */
function extended(codes: readonly number[], at: number): { colour?: AnsiColour; used: number } {
  if (codes[at] === 5) {
    const colour = of256(codes[at + 1] ?? -1);
    return { ...(colour !== undefined && { colour }), used: 2 };
  }
  if (codes[at] !== 2) return { used: codes.length };
  const parts = [codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0];
  return parts.every((part) => part <= 255) ? { colour: hexOf(parts), used: 4 } : { used: 4 };
}

function of256(number: number): AnsiColour | undefined {
  if (!(number >= 0 && number <= 255)) return undefined;
  if (number < 16) return number;
  if (number >= 232) return hexOf(Array<number>(3).fill(8 + (number - 232) * 10));
  const cube = [Math.floor((number - 16) / 36), Math.floor((number - 16) / 6) % 6, (number - 16) % 6];
  return hexOf(cube.map((part) => (part === 0 ? 0 : 55 + part * 40)));
}

function hexOf(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
