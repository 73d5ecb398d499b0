/** Spans as text with the sequences that a terminal of so many colours understands, and how many a terminal has. */
import type { AnsiColour, Look } from "../view/ansi.ts";
import type { Line } from "./spans.ts";

/** `none` still has bold, dim and inverse: NO_COLOR asks for no colours, not for no emphasis. `plain` is text alone. */
export type Depth = "plain" | "none" | "16" | "256" | "true";

export function depthOf(env: Record<string, string | undefined>): Depth {
  const { NO_COLOR = "", FORCE_COLOR, COLORTERM = "", TERM = "" } = env;
  if (NO_COLOR !== "" || FORCE_COLOR === "0") return "none";
  if (FORCE_COLOR === "3" || /truecolor|24bit/i.test(COLORTERM) || TERM.endsWith("-direct")) return "true";
  if (FORCE_COLOR === "2" || /256/.test(TERM)) return "256";
  if (/^(vt\d\d\d?|dumb)\b/.test(TERM) && FORCE_COLOR === undefined) return "none";
  return "16";
}

/** The line as it is written. */
export function painted(line: Line, depth: Depth): string {
  if (depth === "plain") return line.map(({ text }) => text).join("");
  let out = "";
  for (const { text, look } of line) {
    const codes = codesOf(look, depth);
    out += codes === "" ? text : `\u001b[${codes}m${text}\u001b[0m`;
  }
  return out;
}

const KNOWN = new WeakMap<Look, Map<Depth, string>>();

function codesOf(look: Look, depth: Depth): string {
  let known = KNOWN.get(look);
  if (known === undefined) KNOWN.set(look, (known = new Map()));
  let codes = known.get(depth);
  if (codes === undefined) known.set(depth, (codes = makeCodes(look, depth)));
  return codes;
}

function makeCodes(look: Look, depth: Depth): string {
  const codes: (number | string)[] = [];
  if (look.bold) codes.push(1);
  if (look.dim) codes.push(2);
  if (look.italic) codes.push(3);
  if (look.underline) codes.push(4);
  if (look.inverse) codes.push(7);
  if (look.strike) codes.push(9);
  if (look.fg !== undefined) codes.push(...colourCodes(look.fg, depth, false));
  if (look.bg !== undefined) codes.push(...colourCodes(look.bg, depth, true));
  return codes.join(";");
}

function colourCodes(colour: AnsiColour, depth: Depth, isBack: boolean): (number | string)[] {
  if (depth === "none") return [];
  const number = typeof colour === "number" ? colour : depth === "16" ? nearest16(rgbOf(colour)) : undefined;
  if (number !== undefined) return [(number < 8 ? 30 + number : 82 + number) + (isBack ? 10 : 0)];
  const rgb = rgbOf(colour as string);
  const lead = isBack ? 48 : 38;
  return depth === "true" ? [lead, 2, ...rgb] : [lead, 5, nearest256(rgb)];
}

function rgbOf(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16) || 0;
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const STEPS = [0, 95, 135, 175, 215, 255];

/** Of the cube and the greys of 256 colours the one that is nearest. */
function nearest256(rgb: readonly [number, number, number]): number {
  const cube = rgb.map((part) => closest(STEPS, part));
  const inCube = cube.map((step) => STEPS[step]!);
  const grey = Math.min(23, Math.max(0, Math.round(((rgb[0] + rgb[1] + rgb[2]) / 3 - 8) / 10)));
  const level = 8 + grey * 10;
  const isGrey = distance(rgb, [level, level, level]) < distance(rgb, inCube);
  return isGrey ? 232 + grey : 16 + cube[0]! * 36 + cube[1]! * 6 + cube[2]!;
}

function closest(steps: readonly number[], value: number): number {
  return steps.reduce((best, step, i) => (Math.abs(step - value) < Math.abs(steps[best]! - value) ? i : best), 0);
}

/** The sixteen as most terminals draw them. */
const SIXTEEN = [
  ...[
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
  ],
  ...[
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
  ],
] as readonly (readonly number[])[];

function nearest16(rgb: readonly number[]): number {
  return SIXTEEN.reduce((best, one, i) => (distance(one, rgb) < distance(SIXTEEN[best]!, rgb) ? i : best), 0);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, part, i) => sum + (part - b[i]!) ** 2, 0);
}
