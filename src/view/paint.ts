/** Colours of a terminal, or none. */
import type { RunState, TaskState, WorkerState } from "../base/words.ts";

export type Colour = "red" | "green" | "yellow" | "blue" | "cyan" | "grey" | "bold";

const CODES: Record<Colour, number> = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, grey: 90, bold: 1 };

/** Paints text, or hands it back as it is. */
export type Paint = (colour: Colour | undefined, text: string) => string;

export const plain: Paint = (_colour, text) => text;
export const ansi: Paint = (colour, text) =>
  colour === undefined || text === "" ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`;

type AnyState = TaskState | RunState | WorkerState;

const LOOK: Record<AnyState, { colour: Colour; mark: string }> = {
  blocked: { colour: "grey", mark: "·" },
  scheduled: { colour: "blue", mark: "◷" },
  queued: { colour: "blue", mark: "○" },
  running: { colour: "cyan", mark: "●" },
  succeeded: { colour: "green", mark: "✔" },
  failed: { colour: "red", mark: "✖" },
  cancelled: { colour: "yellow", mark: "⊘" },
  expired: { colour: "yellow", mark: "⌛" },
  skipped: { colour: "grey", mark: "↷" },
  upstream_failed: { colour: "yellow", mark: "⤬" },
  partial: { colour: "yellow", mark: "◐" },
  online: { colour: "green", mark: "●" },
  idle: { colour: "yellow", mark: "○" },
  offline: { colour: "red", mark: "✖" },
  draining: { colour: "yellow", mark: "◑" },
};

export function colourOf(state: AnyState): Colour {
  return LOOK[state].colour;
}

/** One sign that stands for a state; never the only thing that tells it, since some cannot see colours or signs. */
export function markOf(state: AnyState): string {
  return LOOK[state].mark;
}
