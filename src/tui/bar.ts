/** The line that is typed into: a filter that narrows while it is typed, a text to find, the limit of an arm. */
import { completeQuery } from "../view/complete-query.ts";
import { parseQuery } from "../view/query.ts";
import type { Act } from "./acts.ts";
import { knownNames, may } from "./cursor.ts";
import { logFound } from "./log-keys.ts";
import { type Bar, newCursor, type State, WANTED_MIN } from "./state.ts";

const TEXT_MAX = 1000;

export function barPaste(state: State, text: string): State {
  // A paste of several lines is one line here.
  return typed(state, text.replace(/[\u0000-\u001f\u007f]+/g, " "));
}

export function barKey(state: State, key: string, text?: string): { state: State; act?: Act } {
  const bar = state.bar!;
  switch (key) {
    case "enter":
      return ended(state, bar);
    case "escape":
      return { state: { ...applied(state, { ...bar, text: bar.before }), bar: undefined } };
    case "tab":
      return { state: completed(state, bar) };
    case "left":
      return { state: at(state, stepBack(bar.text, bar.caret)) };
    case "right":
      return { state: at(state, stepOn(bar.text, bar.caret)) };
    case "home":
    case "ctrl+a":
      return { state: at(state, 0) };
    case "end":
    case "ctrl+e":
      return { state: at(state, bar.text.length) };
    case "backspace":
      // An empty line is left by one more Backspace.
      if (bar.text === "") return { state: { ...state, bar: undefined } };
      return { state: replaced(state, stepBack(bar.text, bar.caret), bar.caret, "") };
    case "delete":
      return { state: replaced(state, bar.caret, stepOn(bar.text, bar.caret), "") };
    case "ctrl+u":
      return { state: replaced(state, 0, bar.caret, "") };
    case "ctrl+k":
      return { state: replaced(state, bar.caret, bar.text.length, "") };
    case "ctrl+w":
    case "alt+backspace":
      return { state: replaced(state, wordStart(bar.text, bar.caret), bar.caret, "") };
    default:
      return { state: text === undefined ? state : typed(state, text) };
  }
}

function typed(state: State, text: string): State {
  const bar = state.bar!;
  if (bar.text.length + text.length > TEXT_MAX) return state;
  return replaced(state, bar.caret, bar.caret, text);
}

function at(state: State, caret: number): State {
  return { ...state, bar: { ...state.bar!, caret } };
}

function replaced(state: State, from: number, to: number, text: string): State {
  const bar = state.bar!;
  const { wasTried: _, ...rest } = bar;
  const next = { ...rest, text: bar.text.slice(0, from) + text + bar.text.slice(to), caret: from + text.length };
  return applied({ ...state, bar: next }, next);
}

/** A list is narrowed at once. What is not a right query yet asks for what it was before. */
function applied(state: State, bar: Bar): State {
  if (bar.kind !== "filter") return state;
  if (state.tab === "tasks" && parseQuery(bar.text).problems.length > 0 && bar.text !== bar.before) return state;
  if (state.filters[state.tab] === bar.text) return state;
  return {
    ...state,
    filters: { ...state.filters, [state.tab]: bar.text },
    cursors: { ...state.cursors, [state.tab]: newCursor() },
    wanted: WANTED_MIN,
  };
}

function ended(state: State, bar: Bar): { state: State; act?: Act } {
  const closed = { ...state, bar: undefined };
  if (bar.kind === "search") return { state: logFound(closed, bar.text.trim(), 1) };
  if (bar.kind === "filter") {
    const text = bar.text.trim();
    const problem = state.tab === "tasks" ? parseQuery(text).problems[0] : undefined;
    if (problem === undefined) return { state: { ...applied(state, { ...bar, text }), bar: undefined } };
    return { state: { ...state, bar: { ...bar, caret: problem.to, wasTried: true } } };
  }
  const text = bar.text.trim();
  if (!/^\d*$/.test(text)) return { state };
  const act: Act = { does: "limit", id: bar.id!, limit: text === "" ? null : Number(text) };
  if (may(state, act)) return { state: closed, act };
  const note = { text: "your token may not change arms", tone: "bad" as const, until: state.now + 12_000 };
  return { state: { ...closed, note } };
}

/** The first of what could stand at the caret. */
function completed(state: State, bar: Bar): State {
  if (bar.kind !== "filter" || state.tab !== "tasks") return state;
  const { from, to, items } = completeQuery(bar.text, bar.caret, knownNames(state));
  return items[0] === undefined ? state : replaced(state, from, to, items[0].insert);
}

/** Pairs of surrogates are one sign. */
function stepBack(text: string, caret: number): number {
  const last = Array.from(text.slice(0, caret)).at(-1);
  return caret - (last?.length ?? 0);
}

function stepOn(text: string, caret: number): number {
  return caret + (text.codePointAt(caret) === undefined ? 0 : String.fromCodePoint(text.codePointAt(caret)!).length);
}

function wordStart(text: string, caret: number): number {
  return text.slice(0, caret).replace(/\S*\s*$/, "").length;
}
