/** The looks of the terminal dashboard: tones of states as colours, for dark, light and unknown backgrounds. */
import type { Look } from "../view/ansi.ts";
import { type AnyState, lookOf, SIGNS, type Tone } from "../view/state-shapes.ts";
import { type Span, span } from "./spans.ts";

export type Ground = "dark" | "light" | "unknown";

export const BOLD: Look = Object.freeze({ bold: true });
export const DIM: Look = Object.freeze({ dim: true });
export const BAD: Look = Object.freeze({ fg: 1 });
export const WARN: Look = Object.freeze({ fg: 3 });
export const GOOD: Look = Object.freeze({ fg: 2 });
export const BUSY: Look = Object.freeze({ fg: 6 });
export const WAIT: Look = Object.freeze({ fg: 4 });
export const TITLE: Look = Object.freeze({ bold: true, fg: 6 });

const TONES: Readonly<Record<Tone, Look>> = { good: GOOD, bad: BAD, warn: WARN, busy: BUSY, wait: WAIT, off: DIM };

export function toneLook(tone: Tone): Look {
  return TONES[tone];
}

/** `✗ failed`: a sign, a word and a colour, so that each alone tells it. */
export function stateSpan(state: AnyState, word?: string): Span {
  const { shape, tone, label } = lookOf(state);
  return span(`${SIGNS[shape]} ${word ?? label}`, TONES[tone]);
}

export function signSpan(state: AnyState): Span {
  const { shape, tone } = lookOf(state);
  return span(SIGNS[shape], TONES[tone]);
}

/** The row of the cursor. Where the background is not known, only swapping the two colours is sure to be legible. */
export function cursorLook(ground: Ground, hasColours: boolean): Look {
  if (!hasColours || ground === "unknown") return INVERSE;
  return ground === "dark" ? ON_DARK : ON_LIGHT;
}

export const INVERSE: Look = Object.freeze({ inverse: true });
const ON_DARK: Look = Object.freeze({ bg: "#2a3a55", bold: true });
const ON_LIGHT: Look = Object.freeze({ bg: "#d5e3fb", bold: true });

/** Of the sixteen colours, those that are too pale to read on a light background in the palettes of most terminals. */
const DEEP: Readonly<Record<number, string>> = { 2: "#1a7f37", 3: "#8a5a00", 4: "#0550ae", 6: "#00707c" };
const DEEPENED = new WeakMap<Look, Look>();

/** The look as it is drawn on this background. */
export function grounded(look: Look, ground: Ground): Look {
  if (ground !== "light" || typeof look.fg !== "number" || DEEP[look.fg] === undefined || look.bg !== undefined)
    return look;
  let deep = DEEPENED.get(look);
  if (deep === undefined) DEEPENED.set(look, (deep = { ...look, fg: DEEP[look.fg]! }));
  return deep;
}
