/** Keys of the page of a log: scrolling pauses, the end follows, finds are gone through. */
import { findRow, logRows, logTop } from "./screens/logs.ts";
import type { State } from "./state.ts";

const KEYS: ReadonlySet<string> = new Set([
  ...["j", "k", "up", "down", "pageup", "pagedown", "space", "ctrl+d", "ctrl+u", "ctrl+f", "ctrl+b"],
  ...["g", "G", "home", "end", "left", "right", "f", "h", "n", "N", "/"],
]);
const SIDE = 16;
const LEFT_MAX = 1_000_000;

export function isLogKey(key: string): boolean {
  return KEYS.has(key);
}

function rowsOf({ size }: State, state: State): number {
  return logRows(state, { columns: size.columns, rows: Math.max(1, size.rows - 4) });
}

export function logKey(state: State, key: string): State {
  const rows = rowsOf(state, state);
  const { logLook } = state;
  switch (key) {
    case "f":
      return logLook.isFollowing
        ? { ...state, logLook: { ...logLook, isFollowing: false, top: logTop(state, rows) } }
        : { ...state, logLook: { ...logLook, isFollowing: true } };
    case "h":
      return { ...state, logLook: { ...logLook, hasTimes: !logLook.hasTimes } };
    case "left":
    case "right":
      return {
        ...state,
        logLook: { ...logLook, left: Math.max(0, Math.min(LEFT_MAX, logLook.left + (key === "left" ? -SIDE : SIDE))) },
      };
    case "n":
    case "N":
      return logFound(state, logLook.search, key === "n" ? 1 : -1);
    case "/":
      return { ...state, bar: { kind: "search", text: "", caret: 0, before: "" } };
    default:
      return logScrolled(state, steps(rows)[key]!);
  }
}

function steps(rows: number): Readonly<Record<string, number>> {
  const half = Math.ceil(rows / 2);
  return {
    ...{ j: 1, down: 1, k: -1, up: -1, g: -1e9, home: -1e9, G: 1e9, end: 1e9 },
    ...{ pagedown: rows, space: rows, "ctrl+f": rows, pageup: -rows, "ctrl+b": -rows, "ctrl+d": half, "ctrl+u": -half },
  };
}

/** Scrolled up it stays where it is; at its end it follows again. */
export function logScrolled(state: State, by: number): State {
  const rows = rowsOf(state, state);
  const most = Math.max(0, (state.log?.rows.length ?? 0) - rows);
  const top = Math.max(0, Math.min(most, logTop(state, rows) + by));
  return { ...state, logLook: { ...state.logLook, top, isFollowing: top >= most } };
}

/** Goes to the next row that holds the text: after the newest find, or from what is shown. */
export function logFound(state: State, text: string, step: 1 | -1): State {
  const held = state.log?.rows ?? [];
  const search = text === "" ? state.logLook.search : text;
  if (search === "") return state;
  const rows = rowsOf(state, state);
  const isNew = search !== state.logLook.search;
  const { found } = state.logLook;
  const from = found === undefined || isNew ? logTop(state, rows) : found + step;
  const at = findRow(held, search, from, step);
  if (at === undefined) {
    const note = {
      text: `${JSON.stringify(search)} does not stand in what is held of this log`,
      tone: "warn" as const,
      until: state.now + 6000,
    };
    return { ...state, logLook: { ...state.logLook, search, found: undefined }, note };
  }
  const top = Math.max(0, at - Math.floor(rows / 3));
  return { ...state, logLook: { ...state.logLook, search, found: at, isFollowing: false, top } };
}
