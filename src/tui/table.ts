/**
 * Tables of an exact size. Columns have fixed widths, so that what stands still does not jump when other rows change;
 * one column takes what is left, and where there is too little room the least important columns go first.
 */
import { BOLD, DIM } from "./looks.ts";
import { clip } from "../view/inert.ts";
import { fit, type Line, lineOf, type Look, over, span, widthOf, type Words, wrapped } from "./spans.ts";

export interface Column<Row> {
  title: string;
  cell(row: Row): Words;
  /** Columns that it takes; for the one that grows, the least. */
  width: number;
  grows?: true;
  /** Columns that the one that grows should have before columns of a rank above 2 are shown. */
  wants?: number;
  side?: "right";
  /** The higher, the sooner it goes; 0 stays. */
  rank: number;
}

const GAP = 2;

/** The columns that have room, with their widths. */
export function layoutOf<Row>(columns: readonly Column<Row>[], room: number): { column: Column<Row>; width: number }[] {
  let left = [...columns];
  const least = (): number => left.reduce((sum, { width }) => sum + width + GAP, -GAP);
  const wanted = columns.reduce((sum, { wants = 0, width }) => sum + Math.max(0, wants - width), 0);
  for (;;) {
    const worst = Math.max(...left.map(({ rank }) => rank));
    const isTight = least() > room || (worst > 2 && least() + wanted > room);
    if (!isTight || worst === 0) break;
    left = left.filter(({ rank }) => rank !== worst);
  }
  const spare = Math.max(0, room - least());
  let used = 0;
  return left.flatMap((column) => {
    const width = Math.min(column.width + (column.grows === true ? spare : 0), room - used);
    used += width + GAP;
    return width > 0 ? [{ column, width }] : [];
  });
}

/** The line of titles, and one line for each row; the row of the cursor has its look. */
export function drawTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  look: { columns: number; cursor?: number | undefined; cursorLook: Look },
): Line[] {
  const layout = layoutOf(columns, look.columns - 2);
  const line = (cell: (column: Column<Row>) => Words): Line => {
    const parts: Words[] = [span(" ")];
    layout.forEach(({ column, width }, i) => {
      if (i > 0) parts.push(span(" ".repeat(GAP)));
      parts.push(fit(cell(column), width, column.side));
    });
    return fit(lineOf(...parts), look.columns);
  };
  return [
    line(({ title }) => span(title, DIM)),
    ...rows.map((row, i) => {
      const drawn = line((column) => column.cell(row));
      return i === look.cursor ? marked(drawn, look.cursorLook) : drawn;
    }),
  ];
}

/** The row of the cursor: swapped colours lose their own, which would become backgrounds of every colour. */
export function marked(line: Line, look: Look): Line {
  if (look.inverse !== true) return over(line, look);
  return line.map(({ text }) => ({ text, look }));
}

const FACT_LINES_MAX = 3;

/** `key  value` lines with the values in one column; those without a value are left out, long texts go on below. */
export function factLines(facts: readonly (readonly [string, Words | undefined])[], columns: number): Line[] {
  const shown = facts.filter((fact): fact is readonly [string, Words] => fact[1] !== undefined && widthOf(fact[1]) > 0);
  const widest = Math.min(14, Math.max(0, ...shown.map(([key]) => key.length)));
  return shown.flatMap(([key, value]) => {
    const room = Math.max(8, columns - widest - 4);
    const lines = typeof value === "string" ? wrapped(clip(value, room * 4).text, room) : [value];
    return lines
      .slice(0, FACT_LINES_MAX)
      .map((line, i) => fit(lineOf(" ", fit(span(i === 0 ? key : "", DIM), widest), "  ", line), columns));
  });
}

/** A title with a line to the right of it. */
export function heading(title: string, columns: number, more?: Words): Line {
  const head = lineOf(" ", span(title, BOLD), "  ", ...(more === undefined ? [] : [more]));
  return fit(head, columns);
}
