/**
 * The whole screen: a line that says where we are and how the server is, the tabs, the screen of the tab or page, a line
 * for what is said, asked or typed, and the keys that do something here. Exactly as many lines as the terminal has.
 */
import { namespaceOfUrl, withoutNamespace } from "../base/namespace-url.ts";
import type { StatusView } from "../protocol/views.ts";
import { completeQuery } from "../view/complete-query.ts";
import { parseQuery } from "../view/query.ts";
import { CHOICES } from "./acts.ts";
import { chosenTarget, cursorOf, knownNames, may, pageTarget } from "./cursor.ts";
import { helpLines } from "./help.ts";
import { BAD, BOLD, BUSY, DIM, GOOD, INVERSE, TITLE, WARN } from "./looks.ts";
import { readRunFilter } from "./run-filter.ts";
import type { Room, Spot } from "./screen.ts";
import { screenOf } from "./screens/all.ts";
import { fit, type Line, lineOf, type Span, span, widthOf, wrapped } from "./spans.ts";
import { pageOf, type State, TABS, valueOf } from "./state.ts";
import type { Target } from "./target.ts";
import { count, spanOf } from "./words.ts";

export interface Frame {
  lines: Line[];
  spots: Spot[];
}

const HEAD = 2;
const FOOT = 2;

/** The room that the screen of a tab or page has. */
export function roomOf({ size }: State): Room {
  return { columns: size.columns, rows: Math.max(1, size.rows - HEAD - FOOT) };
}

export function frameOf(state: State): Frame {
  const { columns, rows } = state.size;
  const tabs = tabsLine(state);
  const room = roomOf(state);
  const body =
    state.help === undefined
      ? screenOf(state).draw(state, room, cursorOf(state))
      : { lines: helpLines(state).slice(state.help.top), spots: [] };
  const keys = keysLine(state);
  const head = [headLine(state), tabs.line];
  const middle = Array.from({ length: room.rows }, (_, row) => fit(body.lines[row] ?? "", columns));
  if (state.ask !== undefined) cover(middle, askLines(state, columns), room.rows);
  const lines = [...head, ...middle, sayLine(state), keys.line].slice(0, rows);
  return {
    lines,
    spots: [
      ...tabs.spots,
      ...body.spots.map((spot) => ({ ...spot, row: spot.row + HEAD })),
      ...keys.spots.map((spot) => ({ ...spot, row: rows - 1 })),
    ],
  };
}

/** ` octopus  127.0.0.1:8000  team-a         12 running  3 queued  2 workers`. */
function headLine(state: State): Line {
  const { columns } = state.size;
  const status = valueOf(state, "status");
  const namespace = namespaceOfUrl(state.url);
  const server = withoutNamespace(state.url).replace(/^https?:\/\//, "");
  // Where there is little room, which namespace it is matters more than which server.
  const left =
    namespace === undefined
      ? lineOf(span(" octopus ", TITLE), span(server, DIM))
      : lineOf(span(" octopus ", TITLE), span(` ${namespace} `, INVERSE), " ", span(server, DIM));
  const right = lineOf(...linkWords(state, status), " ");
  const room = columns - widthOf(right);
  return room < 10 ? fit(right, columns) : [...fit(left, room), ...right];
}

function linkWords(state: State, status: StatusView | undefined): Span[] {
  const { link, now } = state;
  if (link.is === "lost")
    return [span(` no answer for ${spanOf(now - link.since)}; trying again `, { fg: 1, inverse: true, bold: true })];
  if (status === undefined) return [span("connecting …", DIM)];
  const { running = 0, queued = 0, scheduled = 0, blocked = 0 } = status.counts;
  const up = status.workers.filter(({ state: is }) => is !== "offline").length;
  return [
    span(`● ${count(running)} running  `, BUSY),
    span(`○ ${count(queued)} queued  `, queued > 0 ? { fg: 4 } : DIM),
    ...(state.size.columns > 90 ? [span(`◷ ${count(scheduled + blocked)} later  `, DIM)] : []),
    span(`${up} worker${up === 1 ? "" : "s"}`, up === 0 ? WARN : GOOD),
  ];
}

/** The tabs by their numbers; behind them what is opened. */
function tabsLine(state: State): Frame & { line: Line } {
  const { columns } = state.size;
  const trail = state.pages.map(({ kind, id }) => span(` › ${kind === "log" ? "log of " : ""}${id}`, BOLD));
  const isNarrow = columns < 72 + widthOf(trail);
  const spots: Spot[] = [];
  const parts: Span[] = [];
  let at = 0;
  const page = pageOf(state);
  TABS.forEach((tab, i) => {
    const isHere = tab === state.tab;
    const name = isNarrow && !isHere ? `${i + 1} ` : ` ${i + 1} ${tab.charAt(0).toUpperCase()}${tab.slice(1)} `;
    parts.push(
      span(name, isHere ? (page === undefined ? { ...INVERSE, bold: true } : { bold: true, underline: true }) : {}),
    );
    spots.push({ row: 1, from: at, to: at + name.length, does: { is: "tab", tab } });
    at += name.length;
  });
  return { line: fit([...parts, ...trail], columns), lines: [], spots };
}

/** What is typed, or what was said last. */
function sayLine(state: State): Line {
  const { columns } = state.size;
  const { bar, note } = state;
  if (bar !== undefined) return barLine(state, columns);
  if (note !== undefined && note.until > state.now) {
    const look = { good: GOOD, bad: BAD, warn: WARN }[note.tone];
    return fit(
      lineOf(span(note.tone === "bad" ? " ✗ " : note.tone === "warn" ? " ! " : " ✓ ", look), span(note.text, look)),
      columns,
    );
  }
  if (columns < 60 || state.size.rows < 16)
    return fit(span(` ${columns}×${state.size.rows} is small: 80×24 shows more`, DIM), columns);
  return fit("", columns);
}

function barLine(state: State, columns: number): Line {
  const bar = state.bar!;
  const prompt = { filter: " / ", search: " find ", limit: ` most at once in ${bar.id ?? ""} (empty: no limit): ` }[
    bar.kind
  ];
  const room = Math.max(8, Math.floor((columns - prompt.length) * 0.6));
  // A long text is shown around the caret.
  const from = Math.max(0, bar.caret - room + 1);
  const before = bar.text.slice(from, bar.caret);
  const at = bar.text.slice(bar.caret, bar.caret + 1);
  const after = bar.text.slice(bar.caret + 1, from + room);
  const typed = lineOf(span(prompt, BOLD), before, span(at === "" ? " " : at, INVERSE), after);
  return fit(lineOf(typed, "  ", ...barHelp(state)), columns);
}

/** A mistake in what is typed, or what could be typed next. */
function barHelp(state: State): Span[] {
  const bar = state.bar!;
  if (bar.kind === "limit")
    return /^\d*$/.test(bar.text.trim()) ? [span("Enter sets it", DIM)] : [span("must be a whole number", BAD)];
  if (bar.kind === "search") return [span("Enter finds, then n and N", DIM)];
  if (state.tab === "runs") {
    const { problem } = readRunFilter(bar.text);
    return [
      problem === undefined ? span("words, state:failed workflow:NAME schedule:NAME nested", DIM) : span(problem, BAD),
    ];
  }
  if (state.tab !== "tasks") return [span("words that a row must hold", DIM)];
  const offers = completeQuery(bar.text, bar.caret, knownNames(state)).items;
  const { problems } = parseQuery(bar.text);
  // While a word is being typed it is not wrong yet.
  const isOver = bar.wasTried === true || offers.length === 0;
  const problem = problems.find(({ to }) => to < bar.text.length) ?? (isOver ? problems[0] : undefined);
  if (problem !== undefined) return [span(problem.message, BAD)];
  return offers.length === 0 ? [] : [span(`Tab: ${offers.map(({ label }) => label).join(" ")}`, DIM)];
}

function askLines(state: State, columns: number): Line[] {
  const { question, detail } = state.ask!;
  const namespace = namespaceOfUrl(state.url);
  const width = Math.min(columns - 4, 64);
  const inner = width - 4;
  const lines = [
    ...wrapped(question, inner, BOLD),
    ...wrapped(detail, inner),
    ...(namespace === undefined ? [] : [[], ...wrapped(`In the namespace ${namespace}.`, inner, BOLD)]),
    [],
    lineOf(span("y", BOLD), " yes    ", span("n", BOLD), " no"),
  ];
  const left = " ".repeat(Math.max(0, Math.floor((columns - width) / 2)));
  const edge = (a: string, b: string): Line => lineOf(left, span(`${a}${"─".repeat(width - 2)}${b}`, WARN));
  return [
    edge("┌", "┐"),
    ...lines.map((line) => lineOf(left, span("│ ", WARN), fit(line, inner), span(" │", WARN))),
    edge("└", "┘"),
  ].map((line) => fit(line, columns));
}

/** Puts lines over the middle of others. */
function cover(lines: Line[], top: readonly Line[], rows: number): void {
  const from = Math.max(0, Math.floor((rows - top.length) / 2));
  top.forEach((line, i) => {
    if (from + i < lines.length) lines[from + i] = line;
  });
}

/** Keys that do something here, the most useful first. */
function keysLine(state: State): Frame & { line: Line } {
  const { columns } = state.size;
  const spots: Spot[] = [];
  const parts: Span[] = [span(" ")];
  let at = 1;
  for (const [key, word] of keysOf(state)) {
    const text = `${key} ${word}`;
    if (at + text.length + 2 > columns) break;
    spots.push({
      row: 0,
      from: at,
      to: at + text.length,
      does: { is: "key", key: key === "Enter" ? "enter" : key === "Esc" ? "escape" : key },
    });
    parts.push(span(key, BOLD), span(` ${word}  `, DIM));
    at += text.length + 2;
  }
  return { line: fit(parts, columns), lines: [], spots };
}

type Key = readonly [key: string, word: string];

function keysOf(state: State): Key[] {
  if (state.ask !== undefined)
    return [
      ["y", "yes"],
      ["n", "no"],
    ];
  if (state.bar !== undefined) {
    const isQuery = state.tab === "tasks" && state.bar.kind === "filter";
    return [["Enter", "done"], ["Esc", "as before"], ...(isQuery ? [["Tab", "complete"] as const] : [])];
  }
  if (state.help !== undefined)
    return [
      ["Esc", "back"],
      ["j", "down"],
      ["k", "up"],
    ];
  const isPage = state.pages.length > 0;
  return [
    ...(isPage ? [["Esc", "back"] as const] : []),
    ...lookKeys(state, chosenTarget(state)),
    ...actKeys(state, chosenTarget(state)),
    ["?", "help"],
    ["q", "quit"],
  ];
}

function lookKeys(state: State, target: Target | undefined): Key[] {
  const page = pageOf(state);
  if (page?.kind === "log")
    return [
      ["f", state.logLook.isFollowing ? "pause" : "follow"],
      ["/", "find"],
      ["n", "next"],
      ["h", "times"],
    ];
  const keys: Key[] = [];
  if (target !== undefined && target.id !== page?.id) keys.push(["Enter", "open"]);
  if (page === undefined && state.tab !== "overview") keys.push(["/", "filter"]);
  if (target?.kind === "task") keys.push(["l", "log"]);
  if ((target?.kind === "task" && page?.kind !== "task") || target?.kind === "run") keys.push(["e", "explain"]);
  return keys;
}

/** What the row of the cursor can do and, for other keys, what the page is about. */
function actKeys(state: State, target: Target | undefined): Key[] {
  if (target === undefined) return [];
  const page = pageTarget(state);
  const targets = page === undefined || page.id === target.id ? [target] : [target, page];
  const acts = CHOICES.flatMap((choice): Key[] => {
    const act = targets.map((one) => choice.act(one)).find((one) => one !== undefined);
    if (act === undefined || !may(state, act)) return [];
    return [[choice.key, /^(resume|undrain)/.test(act.does) ? "resume" : choice.word]];
  });
  const arm = targets.find(({ kind }) => kind === "arm");
  const isLimit = arm !== undefined && may(state, { does: "limit", id: arm.id, limit: null });
  return isLimit ? [...acts, ["+", "limit"]] : acts;
}
