/** Where the cursor is, what it is on, and what keeps it there while lists change below it. */
import { ACCESS_ROLES } from "../base/words.ts";
import type { KnownNames } from "../view/complete-query.ts";
import type { Act } from "./acts.ts";
import type { Room } from "./screen.ts";
import { screenOf } from "./screens/all.ts";
import { type Cursor, pageOf, type State, valueOf } from "./state.ts";
import type { Target } from "./target.ts";

export function cursorOf(state: State): Cursor {
  return pageOf(state)?.cursor ?? state.cursors[state.tab];
}

export function withCursor(state: State, cursor: Cursor): State {
  const page = pageOf(state);
  if (page === undefined) return { ...state, cursors: { ...state.cursors, [state.tab]: cursor } };
  return { ...state, pages: [...state.pages.slice(0, -1), { ...page, cursor }] };
}

/** What keys act upon: the row of the cursor, or what the page is about. */
export function chosenTarget(state: State, room: Room = BIG): Target | undefined {
  const rows = screenOf(state).targets(state, room === BIG ? bodyOf(state) : room);
  const row = rows[cursorOf(state).index];
  if (row !== undefined) return known(state, row);
  const page = pageOf(state);
  return page === undefined ? undefined : pageTarget(state);
}

const BIG: Room = { columns: 0, rows: 0 };

function bodyOf({ size }: State): Room {
  return { columns: size.columns, rows: Math.max(1, size.rows - 4) };
}

/** What the page on top is about. */
export function pageTarget(state: State): Target | undefined {
  const page = pageOf(state);
  if (page === undefined) return undefined;
  const { id } = page;
  switch (page.kind) {
    case "task":
    case "log":
      return { kind: "task", id, view: valueOf(state, "task", id) };
    case "run":
    case "why":
      return { kind: "run", id, view: valueOf(state, "run", id) };
    case "worker":
      return { kind: "worker", id, view: valueOf(state, "worker", id) };
    case "arm":
      return { kind: "arm", id, view: valueOf(state, "arm", id) };
    case "schedule":
      return { kind: "schedule", id, view: valueOf(state, "schedule", id) };
  }
}

/** Ticks that made nothing lead nowhere. */
function known(state: State, target: Target): Target | undefined {
  return target.id.startsWith("tick ") ? pageTarget(state) : target;
}

/** Keeps the cursor on its row and the row where it is on the screen, as far as both are there. */
export function settle(state: State): State {
  const room = bodyOf(state);
  const screen = screenOf(state);
  const cursor = cursorOf(state);
  if (screen.length !== undefined) {
    const most = Math.max(0, screen.length(state, room) - screen.height(state, room));
    const top = Math.max(0, Math.min(cursor.top, most));
    return top === cursor.top ? state : withCursor(state, { ...cursor, top });
  }
  const rows = screen.targets(state, room);
  if (rows.length === 0) return state;
  const height = screen.height(state, room);
  let { id, index, top } = cursor;
  if (id !== undefined) {
    const at = rows[index]?.id === id ? index : rows.findIndex((row) => row.id === id);
    if (at === -1) {
      index = Math.min(index, rows.length - 1);
      id = rows[index]!.id;
    } else {
      top += at - index;
      index = at;
    }
  } else index = 0;
  // Output of another task must not take the place of what is being read whenever one starts.
  if (state.tab === "logs" && state.pages.length === 0) id ??= rows[index]!.id;
  top = Math.max(index - height + 1, Math.min(top, index, Math.max(0, rows.length - height)));
  top = Math.max(0, top);
  if (id === cursor.id && index === cursor.index && top === cursor.top) return state;
  return withCursor(state, { id, index, top });
}

/** Moves the cursor, or the text, by so many rows. Back at the first row it stays there, whatever comes. */
export function moved(state: State, by: number): State {
  const room = bodyOf(state);
  const screen = screenOf(state);
  const cursor = cursorOf(state);
  if (screen.length !== undefined) return settle(withCursor(state, { ...cursor, top: Math.max(0, cursor.top + by) }));
  const rows = screen.targets(state, room);
  if (rows.length === 0) return state;
  const index = Math.max(0, Math.min(rows.length - 1, cursor.index + by));
  const id = index === 0 && by < 0 ? undefined : rows[index]!.id;
  return settle(withCursor(state, { id, index, top: cursor.top }));
}

export function chosen(state: State, index: number): State {
  const rows = screenOf(state).targets(state, bodyOf(state));
  const row = rows[index];
  return row === undefined ? state : settle(withCursor(state, { ...cursorOf(state), id: row.id, index }));
}

/** Rows that are shown at once. */
export function pageRows(state: State): number {
  return Math.min(1000, screenOf(state).height(state, bodyOf(state)));
}

/** Names that the query bar can complete. */
export function knownNames(state: State): KnownNames {
  const status = valueOf(state, "status");
  const workers = valueOf(state, "workers") ?? status?.workers ?? [];
  return {
    arm: status?.arms.map(({ name }) => name) ?? [],
    type: [...new Set(status?.arms.flatMap(({ types }) => types) ?? [])],
    worker: workers.map(({ name }) => name),
    schedule: (valueOf(state, "schedules") ?? []).map(({ name }) => name),
  };
}

/** Whether it lets us do this; the server has the last word. */
export function may({ session }: State, { does }: Act): boolean {
  if (session === undefined || session.isOpen) return true;
  const isPlain = does.endsWith("task") || does === "cancel run" || does === "retry run";
  return rankOf(session.role) >= rankOf(isPlain ? "submitter" : "operator");
}

function rankOf(role: string): number {
  return role === "worker" ? -1 : (ACCESS_ROLES as readonly string[]).indexOf(role);
}
