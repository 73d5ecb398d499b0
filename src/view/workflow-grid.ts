/** Runs of a workflow against its tasks: pages put together, rows that are looked for, a cursor that arrows move. */
import { rowsInOrder } from "../base/rows-in-order.ts";
import type { GridCell, RunMark, WorkflowGrid } from "../protocol/workflow-views.ts";

export interface Grid {
  /** Columns, the newest first. */
  runs: RunMark[];
  rows: GridRow[];
  /** The longest run of those that have ended, or 0. */
  longestMs: number;
  isCut: boolean;
}

export interface GridRow {
  name: string;
  /** One for each run. */
  cells: (GridCell | null)[];
}

/** Pages as they were read, the newest first. */
export function gridOf(pages: readonly WorkflowGrid[]): Grid {
  const runs: RunMark[] = [];
  const seen = new Set<string>();
  const columns: Map<string, GridCell>[] = [];
  for (const page of pages) {
    page.runs.forEach((run, column) => {
      // A run that came while pages were read moves the others: what is on two pages counts once.
      if (seen.has(run.id)) return;
      seen.add(run.id);
      runs.push(run);
      const cells = new Map<string, GridCell>();
      page.rows.forEach((name, row) => {
        const cell = page.cells[row]![column];
        if (cell != null) cells.set(name, cell);
      });
      columns.push(cells);
    });
  }
  const names = rowsInOrder(pages.map(({ rows }) => rows));
  return {
    runs,
    rows: names.map((name) => ({ name, cells: columns.map((column) => column.get(name) ?? null) })),
    longestMs: Math.max(0, ...runs.map(({ durationMs }) => durationMs ?? 0)),
    isCut: pages.some(({ cut }) => cut === true),
  };
}

/** Rows whose names hold all the words, in whatever case. */
export function rowsWith(rows: readonly GridRow[], text: string): GridRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...rows];
  return rows.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}

/** Row -1 is the run itself. */
export interface GridPlace {
  row: number;
  column: number;
}

/** Where a key leads; undefined for keys that lead nowhere. Cells without a task are passed over by nobody. */
export function moved(
  { row, column }: GridPlace,
  key: string,
  { rows, columns, page }: { rows: number; columns: number; page: number },
): GridPlace | undefined {
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [-1, 0],
    k: [-1, 0],
    ArrowDown: [1, 0],
    j: [1, 0],
    ArrowLeft: [0, -1],
    h: [0, -1],
    ArrowRight: [0, 1],
    l: [0, 1],
    PageUp: [-page, 0],
    PageDown: [page, 0],
    Home: [0, -Infinity],
    End: [0, Infinity],
  };
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined;
  if (step === undefined || columns === 0) return undefined;
  return { row: within(row + step[0], -1, rows - 1), column: within(column + step[1], 0, columns - 1) };
}

function within(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}

/** How a strip of runs has gone: share of good ends, and the median of how long they took. */
export function rateOf(runs: readonly RunMark[]): { ended: number; good: number; medianMs: number | undefined } {
  const ended = runs.filter(({ state }) => state !== "queued" && state !== "running" && state !== "cancelled");
  const good = ended.filter(({ state }) => state === "succeeded" || state === "partial").length;
  const times = ended
    .flatMap(({ durationMs }) => (durationMs === undefined ? [] : [durationMs]))
    .toSorted((a, b) => a - b);
  return { ended: ended.length, good, medianMs: times[Math.floor(times.length / 2)] };
}
