/** A run: how far it is, and its tasks with a bar each on one axis of time; the chain that decides its end is marked. */
import { isEnded } from "../../base/words.ts";
import { isRunEnded } from "../../client/mod.ts";
import type { RunDetail } from "../../protocol/run-views.ts";
import type { TaskView } from "../../protocol/views.ts";
import { criticalPath } from "../../view/critical-path.ts";
import { countsText, titleOf } from "../../view/tasks.ts";
import { runRows, type RunRow } from "../../view/run-rows.ts";
import { standing, taskWords } from "../../view/run-words.ts";
import { tickLabel, ticks } from "../../view/time-axis.ts";
import { moment } from "../../view/time.ts";
import { runBounds, spansOf, type SpanKind } from "../../view/waterfall.ts";
import { listScreen } from "../list.ts";
import { BAD, BOLD, BUSY, DIM, GOOD, stateSpan, WAIT, WARN } from "../looks.ts";
import { fit, type Line, lineOf, type Look, span, widthOf, wrapped } from "../spans.ts";
import { pageOf, type State, valueOf } from "../state.ts";
import { factLines } from "../table.ts";
import { progressBar } from "./lists.ts";
import { taskTarget } from "./tasks.ts";
import { ago, took } from "../words.ts";

const BAR_MIN = 24;

export const runPage = listScreen<RunRow>({
  slot: "run",
  rows: rowsOf,
  target: ({ task }) => taskTarget(task),
  columns: (state) => {
    const run = runOf(state);
    const { columns } = state.size;
    const bar = Math.max(BAR_MIN, Math.floor(columns * 0.42));
    const path = new Set(run === undefined ? [] : criticalPath(run.tasks).past);
    return [
      { title: "", cell: ({ task }) => span(path.has(task.id) ? "◆" : " ", WARN), width: 1, rank: 0 },
      {
        title: "TASK",
        cell: ({ task, depth }) => `${"  ".repeat(depth)}${titleOf(task)}`,
        width: 10,
        grows: true,
        rank: 0,
      },
      { title: "STATE", cell: (row) => rowState(row), width: 17, rank: 0 },
      {
        title: "TOOK",
        cell: ({ task }) => took(task.startedAt, isEnded(task.state) ? task.endedAt : undefined, state.now),
        width: 7,
        side: "right",
        rank: 0,
      },
      ...(run === undefined
        ? []
        : [
            {
              title: axis(run, state.now, bar),
              cell: ({ task }: RunRow) => barOf(task, run, state.now, bar),
              width: bar,
              rank: 1,
            },
          ]),
    ];
  },
  above(state, columns) {
    const run = runOf(state);
    return run === undefined ? [] : headOf(run, state, columns);
  },
  empty: () => "The run has no tasks.",
  more: (state) =>
    runOf(state)?.more === true ? `… only the first tasks are shown: 2, then / run:${pageOf(state)!.id}` : undefined,
});

function runOf(state: State): RunDetail | undefined {
  return valueOf(state, "run", pageOf(state)?.id ?? "");
}

function rowsOf(state: State): readonly RunRow[] {
  const run = runOf(state);
  return run === undefined ? [] : runRows({ tasks: run.tasks }, { now: state.now });
}

function headOf(run: RunDetail, { now }: State, columns: number): Line[] {
  const more = standing(run);
  const state = run.paused === true && !isRunEnded(run.state) ? span("‖ paused", WARN) : stateSpan(run.state);
  return [
    fit(
      lineOf(
        " ",
        span(run.id, BOLD),
        "  ",
        state,
        "  ",
        span(run.workflow, BOLD),
        more === "" || run.paused === true ? undefined : span(`  ${more}`, WARN),
      ),
      columns,
    ),
    ...(run.reason === undefined
      ? []
      : wrapped(run.reason, columns - 4, run.state === "failed" ? BAD : DIM)
          .slice(0, 2)
          .map((line) => fit(lineOf("   ", line), columns))),
    ...factLines(
      [
        ["progress", lineOf(progressBar(run), span(`   ${countsText(run.counts)}`, DIM))],
        [
          "took",
          `${took(run.startedAt ?? run.createdAt, isRunEnded(run.state) ? run.endedAt : undefined, now)}, began ${moment(run.startedAt ?? run.createdAt, now)} (${ago(run.startedAt ?? run.createdAt, now)})`,
        ],
        [
          "params",
          run.params === undefined || Object.keys(run.params).length === 0 ? undefined : JSON.stringify(run.params),
        ],
        ["made by", run.schedule === undefined ? undefined : `schedule ${run.schedule}`],
        ["again", run.retryOf],
        ["inside", run.parent],
      ],
      columns,
    ),
    [],
  ];
}

function rowState({ task, note }: RunRow): Line {
  if (note === "reading") return lineOf(span("…", DIM));
  if (note !== undefined) return lineOf(span(`and ${note.left} more`, DIM));
  const words = task.state === "running" || task.members !== undefined ? taskWords(task)[0] : undefined;
  return lineOf(stateSpan(task.state), words === undefined ? undefined : span(` ${words}`, DIM));
}

const KINDS: Readonly<Record<SpanKind, { sign: string; look: Look }>> = {
  queue: { sign: "·", look: WAIT },
  worker: { sign: "·", look: WARN },
  pause: { sign: "-", look: DIM },
  asked: { sign: "?", look: WARN },
  run: { sign: "█", look: GOOD },
  hold: { sign: "▒", look: DIM },
};

/** The life of a task on the axis of its run: one column for each stretch of it, the later one where two share a column. */
function barOf(task: TaskView, run: RunDetail, now: number, columns: number): Line {
  const bounds = runBounds(run, now);
  const at = (time: number): number => ((time - bounds.from) / (bounds.to - bounds.from)) * columns;
  const cells = Array.from({ length: columns }, () => span(" "));
  for (const { kind, from, to = now, outcome } of spansOf(task)) {
    const begin = Math.min(columns - 1, Math.max(0, Math.floor(at(from))));
    const end = Math.min(columns, Math.max(begin + 1, Math.round(at(to))));
    const bad = outcome !== undefined && outcome !== "succeeded" && outcome !== "skipped";
    const look = kind !== "run" ? KINDS[kind].look : outcome === undefined ? BUSY : bad ? BAD : GOOD;
    for (let i = begin; i < end; i++) cells[i] = span(bad ? "▓" : KINDS[kind].sign, look);
  }
  return merged(cells);
}

/** Cells of one look in one span: fewer sequences on the line. */
function merged(cells: Line): Line {
  const out: { text: string; look: Look }[] = [];
  for (const cell of cells) {
    const last = out.at(-1);
    if (last !== undefined && last.look === cell.look) last.text += cell.text;
    else out.push({ ...cell });
  }
  return out;
}

/** `0      +10s      +20s` above the bars. */
function axis(run: RunDetail, now: number, columns: number): string {
  const bounds = runBounds(run, now);
  const { at, stepMs } = ticks(bounds, bounds.from, Math.max(1, Math.floor(columns / 10)));
  let line = "";
  for (const moment of at) {
    const column = Math.round(((moment - bounds.from) / (bounds.to - bounds.from)) * columns);
    const label = tickLabel(moment - bounds.from, stepMs);
    if (column < widthOf(line) + 1 && line !== "") continue;
    if (column + label.length > columns) break;
    line = line.padEnd(column) + label;
  }
  return line;
}
