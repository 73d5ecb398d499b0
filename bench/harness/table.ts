/** The table that a person reads. */
import type { Figure, Target } from "./case.ts";
import type { CaseResult, FoldedFigure } from "./run-case.ts";

const COLUMNS = ["case", "figure", "target", "median", "min", "max", "limit", ""] as const;
const WIDTHS = [20, 27, 13, 13, 11, 11, 11] as const;

const CROWD = 0.1;

export function tableHead(): string {
  return `${row(COLUMNS)}\n${"-".repeat(WIDTHS.reduce((sum, width) => sum + width + 2, 0) + 4)}`;
}

/** `limits`: figures of the machine itself, by name, as far as this run has measured them. */
export function tableRows(result: CaseResult, limits: ReadonlyMap<string, Figure>): string {
  if (result.error !== undefined) return `${result.name}: failed. ${result.error}`;
  const rows = result.figures.map((figure, i) => {
    const several = figure.runs.length > 1;
    return row([
      i === 0 ? result.name : "",
      figure.name,
      figure.target === undefined ? "" : targetText(figure.target, figure),
      amount(figure.value, figure.unit),
      several ? amount(figure.min, figure.unit) : "",
      several ? amount(figure.max, figure.unit) : "",
      limitText(figure, limits),
      verdict(figure),
    ]);
  });
  const notes = [...result.notes, ...crowd(result)].map((note) => `${" ".repeat(WIDTHS[0] + 2)}${note}`);
  return [...(rows.length === 0 ? [result.name] : rows), ...notes].join("\n");
}

/** What others used of the machine, where it is enough to spoil a figure. */
function crowd({ others }: CaseResult): string[] {
  return others < CROWD ? [] : [`others used ${(others * 100).toFixed(0)} % of the machine meanwhile`];
}

/** Whether the median meets the target; undefined where there is none. */
function isMet({ target, value }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return target.better === "more" ? value >= target.at : value <= target.at;
}

function verdict(figure: FoldedFigure): string {
  const met = isMet(figure);
  return met === undefined ? "" : met ? "ok" : "missed";
}

function limitText({ limit }: Figure, limits: ReadonlyMap<string, Figure>): string {
  const found = limit === undefined ? undefined : limits.get(limit);
  return found === undefined ? "" : amount(found.value, found.unit);
}

function targetText({ at, better }: Target, { unit }: Figure): string {
  return `${better === "more" ? "≥" : "≤"} ${amount(at, unit)}`;
}

/** `80,000/s`, `0.3 ms`, `75 MB`. */
function amount(value: number, unit: Figure["unit"]): string {
  const digits = unit === "/s" || unit === "B" ? 0 : unit === "MB" || unit === "s" ? 1 : 3;
  const text = value.toLocaleString("en", { maximumFractionDigits: digits });
  if (unit === "ratio") return text;
  return unit === "/s" || unit === "%" ? text + unit : `${text} ${unit}`;
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => {
      const width = WIDTHS[i] ?? 0;
      return i < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join("  ")
    .trimEnd();
}
