/**
 * What the terminal dashboard knows: where the reader is, what was read from the server, what is being typed or asked.
 * Changed only by `update.ts`; screens are drawn from it and from nothing else.
 */
import type { SessionView } from "../protocol/access.ts";
import type { Row as LogRow } from "../view/log-lines.ts";
import type { Act } from "./acts.ts";
import type { Ground } from "./looks.ts";
import type { Depth } from "./sgr.ts";
import type { Slot, Slots } from "./slots.ts";

export const TABS = ["overview", "tasks", "runs", "workers", "arms", "schedules", "logs"] as const;
export type Tab = (typeof TABS)[number];
export type PageKind = "task" | "run" | "worker" | "arm" | "schedule" | "log" | "why";

/** Where the reader is in a list. Without an id the cursor stays at the first row, whatever that is. */
export interface Cursor {
  id?: string | undefined;
  index: number;
  /** The first row that is shown. */
  top: number;
}

/** What is opened on top of a tab. */
export interface Page {
  kind: PageKind;
  id: string;
  cursor: Cursor;
}

/** How the output of a task is looked at. */
export interface LogLook {
  isFollowing: boolean;
  /** The first row that is shown, while it does not follow. */
  top: number;
  /** Columns that are scrolled away to the left. */
  left: number;
  search: string;
  /** The row of the newest find. */
  found?: number | undefined;
  hasTimes: boolean;
}

/** The output of a task as far as it is held. */
export interface LogData {
  id: string;
  rows: readonly LogRow[];
  /** There is more before the first row. */
  isCut: boolean;
  hasEnded: boolean;
  /** How many rows came before those that were held. */
  added?: number;
  error?: string | undefined;
}

/** What was read for one part of a screen. */
export interface Entry {
  /** What it is the answer to. */
  key: string;
  value?: unknown;
  /** Why the newest reading failed. */
  error?: string | undefined;
  at: number;
}

export interface Bar {
  kind: "filter" | "search" | "limit";
  text: string;
  caret: number;
  /** What stands there again after Escape. */
  before: string;
  /** Enter was pressed on something that is wrong. */
  wasTried?: true;
  /** The arm whose limit it is. */
  id?: string;
}

/** A question that waits for y or n. */
export interface Ask {
  question: string;
  /** What it means, below the question. */
  detail: string;
  act: Act;
}

export interface Note {
  text: string;
  tone: "good" | "bad" | "warn";
  until: number;
}

export interface State {
  size: { columns: number; rows: number };
  now: number;
  depth: Depth;
  ground: Ground;
  url: string;
  tab: Tab;
  cursors: Readonly<Record<Tab, Cursor>>;
  filters: Readonly<Record<Tab, string>>;
  pages: readonly Page[];
  bar?: Bar | undefined;
  ask?: Ask | undefined;
  help?: { top: number } | undefined;
  note?: Note | undefined;
  link: { is: "connecting" | "up" | "lost"; since: number; reason?: string | undefined };
  /** By the part of a screen that it is for. */
  data: Readonly<Partial<Record<Slot, Entry>>>;
  log?: LogData | undefined;
  logLook: LogLook;
  hasMouse: boolean;
  session?: SessionView | undefined;
  /** Rows of the long lists that are wanted; grows as the reader goes down. */
  wanted: number;
}

const START: Cursor = { index: 0, top: 0 };
export const LOG_START: LogLook = { isFollowing: true, top: 0, left: 0, search: "", hasTimes: false };
export const WANTED_MIN = 200;
export const WANTED_MAX = 5000;

export function initialState(given: {
  url: string;
  size: State["size"];
  now: number;
  depth?: Depth;
  ground?: Ground;
  hasMouse?: boolean;
  tab?: Tab;
}): State {
  const each = <T>(value: T): Record<Tab, T> => Object.fromEntries(TABS.map((tab) => [tab, value])) as Record<Tab, T>;
  return {
    size: given.size,
    now: given.now,
    depth: given.depth ?? "16",
    ground: given.ground ?? "unknown",
    url: given.url,
    tab: given.tab ?? "overview",
    cursors: each(START),
    filters: each(""),
    pages: [],
    link: { is: "connecting", since: given.now },
    data: {},
    logLook: LOG_START,
    hasMouse: given.hasMouse ?? true,
    wanted: WANTED_MIN,
  };
}

export function pageOf(state: State): Page | undefined {
  return state.pages.at(-1);
}

export function newCursor(): Cursor {
  return START;
}

/** What was read for this part of a screen, if it is the answer to this. */
export function valueOf<K extends Slot>(state: State, slot: K, key?: string): Slots[K] | undefined {
  const entry = state.data[slot];
  if (entry === undefined || (key !== undefined && entry.key !== key)) return undefined;
  return entry.value as Slots[K] | undefined;
}
