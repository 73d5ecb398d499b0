/**
 * The first tab: one glance answers whether everything is all right. A sentence first, then what failed, what waits for a
 * person, the arms, the runs under way, the workers, what comes next; two columns where the screen is wide.
 */
import type { RunView } from "../../protocol/run-views.ts";
import type { ScheduleView } from "../../protocol/schedule-views.ts";
import type { ArmView, StatusView, TaskView } from "../../protocol/views.ts";
import { endOf, titleOf } from "../../view/tasks.ts";
import { targetText } from "../../view/schedules.ts";
import { BAD, DIM, GOOD, signSpan, WARN } from "../looks.ts";
import { type Drawn, insteadOf, lookOfCursor, type Room, type Screen } from "../screen.ts";
import { fit, type Line, lineOf, span } from "../spans.ts";
import { type State, valueOf } from "../state.ts";
import type { Target } from "../target.ts";
import { type Column, drawTable, heading } from "../table.ts";
import { verdictOf } from "../verdict.ts";
import { tasksIn } from "../wants.ts";
import { age, plural } from "../words.ts";
import { armColumns, armsIn, armTarget, nextCell, progressBar, runTarget, scheduleTarget } from "./lists.ts";
import { idWidth, taskTarget } from "./tasks.ts";

const TWO_COLUMNS = 132;

interface Section {
  title: string;
  more?: string;
  targets: readonly Target[];
  /** The lines of these first rows, a line of titles before them where the section has one. */
  draw(count: number, columns: number, cursor: number | undefined): Line[];
  hasTitles: boolean;
  /** Rows that it should have before others get more. */
  least: number;
  side: "left" | "right";
}

export const overviewScreen: Screen = {
  targets: (state, room) => planOf(state, room).flatMap(({ section, count }) => section.targets.slice(0, count)),
  height: () => Number.MAX_SAFE_INTEGER,
  draw(state, room, cursor): Drawn {
    const status = valueOf(state, "status");
    if (status === undefined) return { lines: insteadOf(state, "status", "", room.columns), spots: [] };
    const verdict = verdictOf(state, status);
    const look = { good: GOOD, warn: WARN, bad: BAD }[verdict.tone];
    const sign = { good: "✓", warn: "!", bad: "✗" }[verdict.tone];
    const top = [
      fit(
        lineOf(" ", span(sign, { ...look, bold: true }), " ", span(verdict.text, { ...look, bold: true })),
        room.columns,
      ),
      ...verdict.more.slice(0, 2).map((text) => fit(lineOf("   ", text), room.columns)),
      fit("", room.columns),
    ];
    const plan = planOf(state, room);
    const isWide = room.columns >= TWO_COLUMNS;
    const drawn: Drawn = { lines: [...top], spots: [] };
    const sides = isWide ? (["left", "right"] as const) : (["left"] as const);
    const width = isWide ? Math.floor((room.columns - 3) / 2) : room.columns;
    const columns = sides.map((side) =>
      drawSide(
        plan.filter(({ section }) => !isWide || section.side === side),
        { width, at: top.length, left: side === "left" ? 0 : width + 3, isAiry: isAiry(room) },
        cursor.index,
        drawn,
      ),
    );
    const rows = Math.max(...columns.map((lines) => lines.length));
    for (let row = 0; row < rows; row++)
      drawn.lines.push(
        columns.flatMap((lines, i) => [...(i > 0 ? [span(" │ ", DIM)] : []), ...fit(lines[row] ?? [], width)]),
      );
    drawn.lines.length = Math.min(drawn.lines.length, room.rows);
    return drawn;
  },
};

interface Planned {
  section: Section;
  count: number;
  /** Number of its first row among all. */
  first: number;
}

function drawSide(
  plan: readonly Planned[],
  room: { width: number; at: number; left: number; isAiry: boolean },
  cursor: number,
  drawn: Drawn,
): Line[] {
  const lines: Line[] = [];
  let hadRows = false;
  for (const { section, count, first } of plan) {
    // Titles alone stand close together.
    if (room.isAiry && lines.length > 0 && (count > 0 || hadRows)) lines.push([]);
    hadRows = count > 0;
    const rest = section.targets.length - count;
    const more = [section.more, rest > 0 && count > 0 ? `${rest} more` : undefined].filter(Boolean).join(", ");
    lines.push(heading(section.title, room.width, more === "" ? undefined : span(more, DIM)));
    if (count === 0) continue;
    const at = cursor >= first && cursor < first + count ? cursor - first : undefined;
    const from = room.at + lines.length + (section.hasTitles ? 1 : 0);
    for (let i = 0; i < count; i++)
      drawn.spots.push({
        row: from + i,
        from: room.left,
        to: room.left + room.width,
        does: { is: "row", index: first + i },
      });
    lines.push(...section.draw(count, room.width, at));
  }
  return lines;
}

/** Rows that stand between two sections, where there is room for that. */
const isAiry = ({ rows }: Room): boolean => rows >= 26;

/** How many rows each section gets: in turns one for each up to its least, then the upper ones all that is left. */
function planOf(state: State, room: Room): Planned[] {
  const status = valueOf(state, "status");
  if (status === undefined) return [];
  const sections = sectionsOf(state, status);
  const head = 2 + Math.min(2, verdictOf(state, status).more.length);
  const counts = new Map(sections.map((section) => [section, 0]));
  for (const mine of sidesOf(sections, room)) {
    const titles = mine.reduce((sum, { hasTitles, targets }) => sum + 1 + (hasTitles && targets.length > 0 ? 1 : 0), 0);
    const hasRows = (section: Section | undefined): boolean => (section?.targets.length ?? 0) > 0;
    const gaps = isAiry(room) ? mine.filter((one, i) => i > 0 && (hasRows(one) || hasRows(mine[i - 1]))).length : 0;
    let left = room.rows - head - titles - gaps;
    const give = (section: Section, most: number): void => {
      const had = counts.get(section)!;
      const more = Math.max(0, Math.min(most - had, section.targets.length - had, left));
      counts.set(section, had + more);
      left -= more;
    };
    for (let round = 1; round <= 4; round++) for (const section of mine) give(section, Math.min(round, section.least));
    for (const section of mine) give(section, section.targets.length);
  }
  let first = 0;
  return sidesOf(sections, room)
    .flat()
    .map((section) => {
      const count = counts.get(section)!;
      first += count;
      return { section, count, first: first - count };
    });
}

function sidesOf(sections: readonly Section[], { columns }: Room): Section[][] {
  if (columns < TWO_COLUMNS) return [[...sections]];
  return (["left", "right"] as const).map((side) => sections.filter((section) => section.side === side));
}

/** A section that is a table. */
function tabled<Row>(
  state: State,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  target: (row: Row) => Target,
): Pick<Section, "draw" | "hasTitles" | "targets"> {
  const hasTitles = columns.some(({ title }) => title !== "");
  return {
    hasTitles,
    targets: rows.map((row) => target(row)),
    draw: (count, width, cursor) =>
      drawTable(columns, rows.slice(0, count), { columns: width, cursor, cursorLook: lookOfCursor(state) }).slice(
        hasTitles ? 0 : 1,
      ),
  };
}

function sectionsOf(state: State, status: StatusView): Section[] {
  const { now } = state;
  const dead = tasksIn(state, "dead");
  const asked = tasksIn(state, "asked");
  const runs = valueOf(state, "live-runs")?.items ?? [];
  const coming = (valueOf(state, "schedules") ?? [])
    .filter(({ nextAt, paused }) => nextAt !== undefined && !paused)
    .toSorted((a, b) => a.nextAt!.localeCompare(b.nextAt!));
  const arms = armsIn(state).toSorted((a, b) => weightOf(b) - weightOf(a));
  const sections: Section[] = [
    {
      title: "Arms",
      ...tabled(state, armColumns(state), arms, armTarget),
      least: 4,
      side: "left",
    },
    {
      title: "Runs",
      more: runs.length === 0 ? "none under way" : `${runs.length} under way`,
      ...tabled(state, liveRunColumns(now), runs, runTarget),
      least: 3,
      side: "left",
    },
  ];
  const failed: Section = {
    title: "Failed",
    more: dead.length === 0 ? "no dead letters" : "dead letters, newest first",
    ...tabled(state, failedColumns(now, idWidth(dead, 84)), dead, taskTarget),
    least: 3,
    side: "right",
  };
  const waiting: Section = {
    title: "Waits for a person",
    ...tabled(state, askedColumns(now, idWidth(asked, 84)), asked, taskTarget),
    least: 2,
    side: "right",
  };
  const next: Section = {
    title: "Next",
    more: coming.length === 0 ? "nothing is scheduled" : plural(coming.length, "schedule"),
    ...tabled(state, comingColumns(now), coming, scheduleTarget),
    least: 2,
    side: "right",
  };
  const workers: Section = {
    title: "Workers",
    more: workersText(status),
    targets: [],
    draw: () => [],
    hasTitles: false,
    least: 0,
    side: "right",
  };
  // What failed stands first, where there is something.
  const first = [...(asked.length > 0 ? [waiting] : []), ...(dead.length > 0 ? [failed] : [])];
  return [...first, ...sections, ...(dead.length === 0 ? [failed] : []), workers, next];
}

/** Arms in which something happens come first; the others stay in their order. */
function weightOf({ active, queued, waiting, enabled, draining }: ArmView): number {
  return (active + queued > 0 ? 4 : 0) + (!enabled || draining ? 2 : 0) + (waiting > 0 ? 1 : 0);
}

export function workersText({ workers }: Pick<StatusView, "workers">): string {
  if (workers.length === 0) return "none is connected: octopus worker";
  const of = (state: string): number => workers.filter((worker) => worker.state === state).length;
  const slots = workers.filter(({ state }) => state !== "offline").reduce((sum, worker) => sum + worker.slots, 0);
  const active = workers.reduce((sum, worker) => sum + worker.active, 0);
  const states = (["online", "draining", "idle", "offline"] as const).filter((state) => of(state) > 0);
  return [...states.map((state) => `${of(state)} ${state}`), `${active}/${slots} slots used`].join(", ");
}

function failedColumns(now: number, ids: number): Column<TaskView>[] {
  return [
    { title: "", cell: (task) => signSpan(task.state), width: 1, rank: 0 },
    { title: "", cell: ({ id }) => id, width: ids, rank: 0 },
    {
      title: "",
      cell: (task) => lineOf(titleOf(task), span(`  ${endOf(task)}`, BAD)),
      width: 12,
      grows: true,
      rank: 0,
    },
    { title: "", cell: ({ endedAt }) => age(endedAt, now), width: 4, side: "right", rank: 1 },
  ];
}

function askedColumns(now: number, ids: number): Column<TaskView>[] {
  return [
    { title: "", cell: () => span("?", WARN), width: 1, rank: 0 },
    { title: "", cell: ({ id }) => id, width: ids, rank: 0 },
    {
      title: "",
      cell: (task) => lineOf(titleOf(task), span(`  ${task.approval?.message ?? ""}`, WARN)),
      width: 12,
      grows: true,
      rank: 0,
    },
    { title: "", cell: ({ readyAt, createdAt }) => age(readyAt ?? createdAt, now), width: 4, side: "right", rank: 1 },
  ];
}

function liveRunColumns(now: number): Column<RunView>[] {
  return [
    { title: "", cell: (run) => (run.paused === true ? span("‖", WARN) : signSpan(run.state)), width: 1, rank: 0 },
    { title: "", cell: ({ id }) => id, width: 6, rank: 0 },
    { title: "", cell: ({ workflow }) => workflow, width: 12, grows: true, rank: 0 },
    { title: "", cell: progressBar, width: 20, rank: 0 },
    { title: "", cell: (run) => age(run.startedAt ?? run.createdAt, now), width: 4, side: "right", rank: 1 },
  ];
}

function comingColumns(now: number): Column<ScheduleView>[] {
  return [
    { title: "", cell: (one) => nextCell(one, now), width: 7, rank: 0 },
    { title: "", cell: ({ name }) => name, width: 16, rank: 0 },
    { title: "", cell: (one) => span(targetText(one), DIM), width: 10, grows: true, rank: 1 },
  ];
}
