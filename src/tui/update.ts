/**
 * What becomes of the state with everything that happens: keys, clicks, answers, the clock. Pure: what has to be done
 * outside is told as effects.
 */
import type { SessionView } from "../protocol/access.ts";
import { type Act, type Choice, CHOICES, nameOf } from "./acts.ts";
import { barKey, barPaste } from "./bar.ts";
import { chosen, chosenTarget, cursorOf, may, moved, pageRows, pageTarget, settle, withCursor } from "./cursor.ts";
import { frameOf } from "./frame.ts";
import { helpLines } from "./help.ts";
import type { Input } from "./keys.ts";
import { isLogKey, logKey, logScrolled } from "./log-keys.ts";
import type { Slot } from "./slots.ts";
import {
  LOG_START,
  type LogData,
  newCursor,
  type Page,
  pageOf,
  type State,
  type Tab,
  TABS,
  WANTED_MAX,
} from "./state.ts";
import type { Target } from "./target.ts";

export type Message =
  | { type: "input"; input: Input }
  | { type: "size"; columns: number; rows: number }
  | { type: "tick"; now: number }
  | { type: "read"; slot: Slot; key: string; value: unknown }
  | { type: "unread"; slot: Slot; key: string; error: string }
  | { type: "link"; is: "up" | "lost"; reason?: string }
  | { type: "log"; log: LogData }
  | { type: "session"; session: SessionView }
  | { type: "said"; text: string; tone: "good" | "bad" | "warn" };

export type Effect =
  | { does: "act"; act: Act }
  | { does: "copy"; text: string }
  | { does: "quit" | "suspend" | "redraw" | "read back" }
  | { does: "mouse"; isOn: boolean };

export interface Updated {
  state: State;
  effects: readonly Effect[];
}

const NOTE_MS = 6000;

export function update(state: State, message: Message): Updated {
  switch (message.type) {
    case "input":
      return onInput(state, message.input);
    case "size":
      return only(
        settle({ ...state, size: { columns: Math.max(1, message.columns), rows: Math.max(1, message.rows) } }),
      );
    case "tick":
      return only({ ...state, now: message.now });
    case "read": {
      const { slot, key, value } = message;
      return only(settle({ ...state, data: { ...state.data, [slot]: { key, value, at: state.now } } }));
    }
    case "unread": {
      const { slot, key, error } = message;
      const before = state.data[slot];
      const kept = before?.key === key ? before : { key, at: state.now };
      return only({ ...state, data: { ...state.data, [slot]: { ...kept, error } } });
    }
    case "link": {
      if (message.is === state.link.is) return only(state);
      return only({ ...state, link: { is: message.is, since: state.now, reason: message.reason } });
    }
    case "log":
      return only(onLog(state, message.log));
    case "session":
      return only({ ...state, session: message.session });
    case "said":
      return only(noted(state, message.text, message.tone));
  }
}

function only(state: State): Updated {
  return { state, effects: [] };
}

function noted(state: State, text: string, tone: "good" | "bad" | "warn"): State {
  // What went wrong is read longer than what went well.
  return { ...state, note: { text, tone, until: state.now + (tone === "good" ? NOTE_MS : NOTE_MS * 2) } };
}

function onLog(state: State, log: LogData): State {
  if (state.log?.id !== log.id) return { ...state, log, logLook: { ...LOG_START, hasTimes: state.logLook.hasTimes } };
  const { added = 0 } = log;
  const { top, found } = state.logLook;
  const logLook = { ...state.logLook, top: top + added, found: found === undefined ? undefined : found + added };
  return { ...state, log, logLook };
}

function onInput(state: State, input: Input): Updated {
  switch (input.type) {
    case "background":
      return only({ ...state, ground: input.light ? "light" : "dark" });
    case "paste":
      return only(state.bar === undefined ? state : settle(barPaste(state, input.text)));
    case "mouse":
      return onMouse(state, input);
    case "key":
      return onKey(state, input.key, input.text);
  }
}

function onMouse(state: State, { action, column, row }: Extract<Input, { type: "mouse" }>): Updated {
  if (!state.hasMouse) return only(state);
  if (action === "up" || action === "down") {
    const by = action === "up" ? -3 : 3;
    if (pageOf(state)?.kind === "log") return readBack(logScrolled(state, by));
    if (state.help !== undefined) return only(helpMoved(state, by));
    return only(moved(state, by));
  }
  if (action !== "press" || state.ask !== undefined) {
    if (action !== "press") return only(state);
  }
  const spot = frameOf(state).spots.find((one) => one.row === row && one.from <= column && column < one.to);
  if (spot === undefined) return only(state);
  const { does } = spot;
  if (does.is === "key") return onKey(state, does.key);
  if (state.ask !== undefined) return only(state);
  if (does.is === "tab") return only(toTab(state, does.tab));
  if (state.help !== undefined) return only(state);
  // A click on the row of the cursor opens it.
  return cursorOf(state).index === does.index && cursorOf(state).id !== undefined
    ? onKey(state, "enter")
    : only(chosen(state, does.index));
}

function onKey(state: State, key: string, text?: string): Updated {
  if (key === "ctrl+c") return { state, effects: [{ does: "quit" }] };
  if (key === "ctrl+z") return { state, effects: [{ does: "suspend" }] };
  if (key === "ctrl+l" || key === "f5") return { state, effects: [{ does: "redraw" }] };
  if (state.ask !== undefined) return onAnswer(state, key);
  if (state.bar !== undefined) return fromBar(state, key, text);
  if (state.help !== undefined) return only(onHelpKey(state, key));
  if (pageOf(state)?.kind === "log" && isLogKey(key)) return readBack(logKey(state, key));
  return onMove(state, key) ?? onOrder(state, key) ?? only(state);
}

/** At the first line that is held, those before it are wanted. */
function readBack(state: State): Updated {
  const { log, logLook } = state;
  const isAtTop = log?.isCut === true && !logLook.isFollowing && logLook.top === 0;
  return { state, effects: isAtTop ? [{ does: "read back" }] : [] };
}

function onAnswer(state: State, key: string): Updated {
  const { act } = state.ask!;
  if (key === "y" || key === "Y" || key === "enter")
    return { state: { ...state, ask: undefined }, effects: [{ does: "act", act }] };
  if (key === "n" || key === "N" || key === "escape" || key === "q") return only({ ...state, ask: undefined });
  return only(state);
}

function fromBar(state: State, key: string, text: string | undefined): Updated {
  const { state: next, act } = barKey(state, key, text);
  return { state: settle(next), effects: act === undefined ? [] : [{ does: "act", act }] };
}

function onHelpKey(state: State, key: string): State {
  if (key === "escape" || key === "?" || key === "q" || key === "enter") return { ...state, help: undefined };
  const by = { j: 1, down: 1, k: -1, up: -1, pagedown: 10, pageup: -10, space: 10, g: -1000, G: 1000 }[key];
  return by === undefined ? state : helpMoved(state, by);
}

function helpMoved(state: State, by: number): State {
  const most = Math.max(0, helpLines(state).length - (state.size.rows - 4));
  return { ...state, help: { top: Math.max(0, Math.min(most, state.help!.top + by)) } };
}

function onMove(state: State, key: string): Updated | undefined {
  const rows = pageRows(state);
  const by: Readonly<Record<string, number>> = {
    ...{ j: 1, down: 1, k: -1, up: -1, g: -1e9, home: -1e9, G: 1e9, end: 1e9 },
    ...{ pagedown: rows, "ctrl+f": rows, space: rows, pageup: -rows, "ctrl+b": -rows },
    ...{ "ctrl+d": Math.ceil(rows / 2), "ctrl+u": -Math.ceil(rows / 2) },
  };
  const step = by[key];
  if (step !== undefined) return only(grown(moved(state, step)));
  const isTop = state.pages.length === 0;
  const at = TABS.indexOf(state.tab);
  if (/^[1-7]$/.test(key)) return only(toTab(state, TABS[Number(key) - 1]!));
  if (key === "tab" || (key === "right" && isTop)) return only(toTab(state, TABS[(at + 1) % TABS.length]!));
  if (key === "shift+tab" || (key === "left" && isTop))
    return only(toTab(state, TABS[(at + TABS.length - 1) % TABS.length]!));
  if (key === "escape" || key === "backspace" || (key === "left" && !isTop)) return only(back(state));
  return undefined;
}

/** Near the end of what was read more of it is wanted. */
function grown(state: State): State {
  const { index } = cursorOf(state);
  const isLong = state.pages.length === 0 && (state.tab === "tasks" || state.tab === "runs");
  if (!isLong || index < state.wanted - 50 || state.wanted >= WANTED_MAX) return state;
  return { ...state, wanted: Math.min(WANTED_MAX, state.wanted * 2) };
}

/** The tab as it was left; a second time on the same tab closes what is opened on it. */
function toTab(state: State, tab: Tab): State {
  return settle({ ...state, tab, pages: [], help: undefined, bar: undefined });
}

function back(state: State): State {
  if (state.pages.length > 0) return settle({ ...state, pages: state.pages.slice(0, -1) });
  if (state.filters[state.tab] === "") return state;
  return settle({
    ...state,
    filters: { ...state.filters, [state.tab]: "" },
    cursors: { ...state.cursors, [state.tab]: newCursor() },
  });
}

function onOrder(state: State, key: string): Updated | undefined {
  const target = chosenTarget(state);
  switch (key) {
    case "q":
      return { state, effects: [{ does: "quit" }] };
    case "?":
    case "f1":
      return only({ ...state, help: { top: 0 } });
    case "m":
      return {
        state: noted(
          { ...state, hasMouse: !state.hasMouse },
          state.hasMouse
            ? "the mouse selects text, as without Octopus; m takes it back"
            : "the mouse chooses rows and tabs",
          "good",
        ),
        effects: [{ does: "mouse", isOn: !state.hasMouse }],
      };
    case "/": {
      if (state.pages.length > 0 || state.tab === "overview")
        return only(noted(state, "there is nothing to filter here; 2 shows the tasks", "warn"));
      const text = state.filters[state.tab];
      return only({ ...state, bar: { kind: "filter", text, caret: text.length, before: text } });
    }
    case "enter":
    case "right":
      return only(target === undefined ? state : entered(state, target));
    case "l":
      return only(target?.kind === "task" ? opened(state, { kind: "log", id: target.id, cursor: newCursor() }) : state);
    case "e":
      if (target?.kind === "task") return only(opened(state, { kind: "task", id: target.id, cursor: newCursor() }));
      return only(target?.kind === "run" ? opened(state, { kind: "why", id: target.id, cursor: newCursor() }) : state);
    case "y": {
      const id = target?.id;
      return id === undefined
        ? only(state)
        : { state: noted(state, `${id} is copied`, "good"), effects: [{ does: "copy", text: id }] };
    }
    default:
      return target === undefined ? undefined : onChoice(state, key, target);
  }
}

/** What Enter opens: in the tab of logs that is the log. */
function entered(state: State, { kind, id }: Target): State {
  const isLog = kind === "task" && state.tab === "logs" && state.pages.length === 0;
  return opened(state, { kind: isLog ? "log" : kind, id, cursor: newCursor() });
}

/** Opens a page on top; the one that is there already stays. */
function opened(state: State, page: Page): State {
  const top = pageOf(state);
  if (top?.kind === page.kind && top.id === page.id) return settle(withCursor(state, newCursor()));
  return settle({
    ...state,
    pages: [...state.pages, page].slice(-8),
    logLook: { ...LOG_START, hasTimes: state.logLook.hasTimes },
  });
}

function onChoice(state: State, key: string, target: Target): Updated | undefined {
  if (key === "+" || key === "-" || key === "=") {
    const arm = [target, pageTarget(state)].find((one) => one?.kind === "arm");
    return arm?.kind === "arm" ? onLimit(state, key, arm) : undefined;
  }
  // On a page of tasks, what no row can do is meant for what the page is about: `p` pauses the run, `+` is the arm's.
  const about = pageTarget(state);
  const found = [target, ...(about === undefined ? [] : [about])].flatMap((one) => {
    const choice = CHOICES.find((each) => each.key === key);
    const act = choice?.act(one);
    return choice === undefined || act === undefined ? [] : [{ choice, act, one }];
  })[0];
  if (found === undefined) {
    const choice = CHOICES.find((each) => each.key === key);
    return choice === undefined
      ? undefined
      : only(noted(state, `${nameOf(target)}: there is nothing to ${choice.word}`, "warn"));
  }
  return ordered(state, found.act, found.choice.ask?.(found.one));
}

function ordered(state: State, act: Act, ask: ReturnType<NonNullable<Choice["ask"]>> | undefined): Updated {
  if (!may(state, act))
    return only(noted(state, `a token with the role ${state.session!.role} may not ${act.does}`, "bad"));
  if (ask !== undefined && ask.question !== "") return only({ ...state, ask: { ...ask, act } });
  return { state, effects: [{ does: "act", act }] };
}

function onLimit(state: State, key: string, { id, view }: Extract<Target, { kind: "arm" }>): Updated {
  const limit = view?.maxParallel;
  if (key !== "=" && limit !== undefined)
    return ordered(state, { does: "limit", id, limit: Math.max(0, limit + (key === "+" ? 1 : -1)) }, undefined);
  // From no limit there is no step: the number is asked for.
  const text = limit === undefined ? "" : String(limit);
  return only({ ...state, bar: { kind: "limit", text, caret: text.length, before: text, id } });
}
