/**
 * What a task prints: as a page of its own, and as the lower part of the tab Logs below the tasks that print or have
 * printed. Colours are the program's own; everything else that it sends to a terminal is shown as text.
 */
import { isEnded } from "../../base/words.ts";
import type { TaskView } from "../../protocol/views.ts";
import { plainLine, spansOf } from "../../view/ansi.ts";
import { clip } from "../../view/inert.ts";
import type { Row } from "../../view/log-lines.ts";
import { titleOf } from "../../view/tasks.ts";
import { clockTime } from "../../view/time.ts";
import { BAD, BOLD, BUSY, DIM, INVERSE, stateSpan, WARN } from "../looks.ts";
import { type Drawn, insteadOf, lookOfCursor, type Room, rowSpots, type Screen } from "../screen.ts";
import { fit, type Line, lineOf, type Look, type Span, span, steady, widthOf } from "../spans.ts";
import { logWantOf, talkers } from "../talkers.ts";
import { pageOf, type State, valueOf } from "../state.ts";
import { drawTable } from "../table.ts";
import { age, plural, took } from "../words.ts";
import { idWidth, taskTarget } from "./tasks.ts";
import type { Column } from "../table.ts";

/** Rows of the screen that output has, in the page and in the tab. */
export function logRows(state: State, room: Room): number {
  return Math.max(1, (pageOf(state)?.kind === "log" ? room.rows : room.rows - listRows(room) - 2) - 1);
}

export const logPage: Screen = {
  targets: () => [],
  height: logRows,
  length: (state) => state.log?.rows.length ?? 0,
  draw(state, room): Drawn {
    const id = pageOf(state)!.id;
    return {
      lines: [logTitle(state, id, room.columns), ...logLines(state, id, room.columns, room.rows - 1)],
      spots: [],
    };
  },
};

function listRows(room: Room): number {
  return Math.max(3, Math.floor(room.rows / 4));
}

export const logsScreen: Screen = {
  targets: (state) => talkers(state).map(taskTarget),
  height: (_, room) => listRows(room),
  draw(state, room, cursor): Drawn {
    const rows = talkers(state);
    if (rows.length === 0)
      return {
        lines: insteadOf(
          state,
          "talking",
          state.filters.logs === "" ? "Nothing has run yet." : "No task matches. Esc takes the filter away.",
          room.columns,
        ),
        spots: [],
      };
    const height = listRows(room);
    const shown = rows.slice(cursor.top, cursor.top + height);
    const list = drawTable(talkerColumns(state.now, idWidth(rows, room.columns)), shown, {
      columns: room.columns,
      cursor: cursor.index - cursor.top,
      cursorLook: lookOfCursor(state),
    });
    while (list.length < height + 1) list.push([]);
    const id = logWantOf(state) ?? rows[cursor.index]?.id ?? "";
    return {
      lines: [
        ...list,
        logTitle(state, id, room.columns),
        ...logLines(state, id, room.columns, room.rows - list.length - 1),
      ],
      spots: rowSpots(1, cursor.top, shown.length, room.columns),
    };
  },
};

function talkerColumns(now: number, ids: number): Column<TaskView>[] {
  return [
    { title: "ID", cell: ({ id }) => id, width: ids, rank: 0 },
    { title: "STATE", cell: (task) => stateSpan(task.state), width: 12, rank: 0 },
    { title: "WHAT", cell: (task) => titleOf(task), width: 12, grows: true, rank: 0 },
    { title: "WORKER", cell: ({ worker }) => span(worker ?? "", DIM), width: 16, rank: 2 },
    { title: "AGE", cell: (task) => age(task.createdAt, now), width: 4, side: "right", rank: 3 },
    {
      title: "TOOK",
      cell: (task) => took(task.startedAt, isEnded(task.state) ? task.endedAt : undefined, now),
      width: 7,
      side: "right",
      rank: 1,
    },
  ];
}

function logTitle(state: State, id: string, columns: number): Line {
  const { logLook } = state;
  const log = state.log?.id === id ? state.log : undefined;
  const task = valueOf(state, "task", id) ?? talkers(state).find((one) => one.id === id);
  const how =
    log?.hasEnded === true
      ? span("ended", DIM)
      : logLook.isFollowing
        ? span("● follows", BUSY)
        : span("‖ paused, f follows", WARN);
  const lines = log === undefined ? "" : `${log.isCut ? "last " : ""}${plural(log.rows.length, "line")}`;
  const find = logLook.search === "" ? undefined : span(`/${logLook.search} `, WARN);
  const right = lineOf(find, span(` ${lines}  `, DIM), how, " ");
  const what = task === undefined ? undefined : lineOf(stateSpan(task.state), " ", titleOf(task));
  return [...fit(lineOf(span("── ", DIM), span(id, BOLD), " ", what), Math.max(0, columns - widthOf(right))), ...right];
}

function logLines(state: State, id: string, columns: number, rows: number): Line[] {
  const { log, logLook } = state;
  if (log === undefined || log.id !== id) return [fit(span("  reading …", DIM), columns)];
  if (log.error !== undefined && log.rows.length === 0) return [fit(span(`  ${log.error}`, BAD), columns)];
  if (log.rows.length === 0)
    return [fit(span(log.hasEnded ? "  It has printed nothing." : "  It has printed nothing yet.", DIM), columns)];
  const top = logTop(state, rows);
  return log.rows
    .slice(top, top + rows)
    .map((row, i) => logLine(row, columns, state, top + i === logLook.found ? logLook.search : undefined));
}

/** The first row that is shown. */
export function logTop({ log, logLook }: State, rows: number): number {
  const most = Math.max(0, (log?.rows.length ?? 0) - rows);
  return logLook.isFollowing ? most : Math.min(logLook.top, most);
}

const LOOKS: Readonly<Record<Row["stream"], Span>> = {
  stdout: span(" "),
  stderr: span("!", BAD),
  log: span("»", BUSY),
};

/** Longest part of a line that is looked at for colours: what is far to the right is scrolled to. */
const CHARS_MAX = 4000;

function logLine(row: Row, columns: number, { logLook }: State, found: string | undefined): Line {
  const head: Span[] = [LOOKS[row.stream], span(" ")];
  if (logLook.hasTimes) head.unshift(span(`${clockTime(Date.parse(row.at))} `, DIM));
  const text = clip(row.text, logLook.left + CHARS_MAX).text;
  const spans = spansOf(text, row.look).spans.map(({ text, look }) => span(text.replaceAll("\t", "  "), look));
  return fit([...head, ...mark(scrolled(spans, logLook.left), found)], columns);
}

function scrolled(spans: readonly Span[], left: number): Span[] {
  let skip = left;
  if (left === 0) return [...spans];
  return spans.flatMap(({ text, look }) => {
    const signs = Array.from(steady(text));
    const rest = signs.slice(skip).join("");
    skip = Math.max(0, skip - signs.length);
    return rest === "" ? [] : [span(rest, look)];
  });
}

/** What was found stands out, also where colours change in it. */
function mark(spans: readonly Span[], found: string | undefined): Span[] {
  if (found === undefined || found === "") return [...spans];
  const text = spans.map((one) => one.text).join("");
  const from = text.toLowerCase().indexOf(found.toLowerCase());
  if (from === -1) return [...spans];
  const to = from + found.length;
  let at = 0;
  return spans.flatMap((one) => {
    const begin = at;
    at += one.text.length;
    const cut = (a: number, b: number, look: Look): Span[] => {
      const part = one.text.slice(Math.max(0, a - begin), Math.max(0, b - begin));
      return part === "" ? [] : [span(part, look)];
    };
    return [
      ...cut(begin, Math.min(from, at), one.look),
      ...cut(Math.max(from, begin), Math.min(to, at), INVERSE),
      ...cut(Math.max(to, begin), at, one.look),
    ];
  });
}

/** The next row that holds the text, going round. */
export function findRow(rows: readonly Row[], text: string, from: number, step: 1 | -1): number | undefined {
  const wanted = text.toLowerCase();
  if (wanted === "") return undefined;
  for (let i = 0; i < rows.length; i++) {
    const at = (((from + step * i) % rows.length) + rows.length) % rows.length;
    if (plainLine(rows[at]!.text).toLowerCase().includes(wanted)) return at;
  }
  return undefined;
}
