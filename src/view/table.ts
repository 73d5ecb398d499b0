/** Tables for terminals: columns as wide as their widest cell, the last one cut at the edge of the screen. */
import { type Colour, type Paint, plain } from "./paint.ts";
import { clean, cut, pad, width } from "./text.ts";

export interface Column<Row> {
  title: string;
  cell(row: Row): string;
  colour?(row: Row): Colour | undefined;
  /** Numbers stand to the right. */
  side?: "left" | "right";
  /** Widest that the column becomes. */
  max?: number;
}

/** Lines of the table, with a line of titles; columns that hold nothing in any row are left out. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: { paint?: Paint; columns?: number | undefined } = {},
): string {
  const paint = options.paint ?? plain;
  const all = columns
    .map((column) => ({ column, cells: rows.map((row) => cut(clean(column.cell(row)), column.max ?? 60)) }))
    .filter(({ cells }) => cells.length === 0 || cells.some((cell) => cell !== ""));
  const widths = all.map(({ column, cells }) =>
    cells.reduce((most, cell) => Math.max(most, width(cell)), column.title.length),
  );
  const line = (texts: readonly string[], painted: (text: string, i: number) => string): string => {
    let left = options.columns ?? Infinity;
    return texts
      .map((text, i) => {
        const isLast = i === texts.length - 1;
        const padded = isLast && all[i]!.column.side !== "right" ? text : pad(text, widths[i]!, all[i]!.column.side);
        const shown = left === Infinity ? padded : cut(padded, Math.max(1, left));
        left -= widths[i]! + 2;
        return left + widths[i]! + 2 <= 0 ? "" : painted(shown, i);
      })
      .join("  ")
      .trimEnd();
  };
  const titles = line(
    all.map(({ column }) => column.title),
    (text) => paint("bold", text),
  );
  const body = rows.map((row, r) =>
    line(
      all.map(({ cells }) => cells[r]!),
      (text, i) => paint(all[i]!.column.colour?.(row), text),
    ),
  );
  return [titles, ...body].join("\n");
}

/** Lines of `key  value` with the values in one column; rows without a value are left out. */
export function renderFacts(facts: readonly (readonly [string, string | undefined])[], paint: Paint = plain): string {
  const shown = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined && fact[1] !== "");
  const widest = Math.max(0, ...shown.map(([key]) => width(key)));
  return shown.map(([key, value]) => `${paint("grey", pad(key, widest))}  ${value}`).join("\n");
}
