/**
 * A graph in a terminal, a task in each line, from the first to the last:
 *
 *     ○ fetch            ○ needs nothing
 *     ├─●─┐ count        ● left of a task, or above it, comes in what it needs;
 *     ●───┤ rainy          right of it, or below, goes out the line on which others wait for it
 *         ■ report       ■ nobody waits for it   (□ neither)
 *
 * Lines are **rails**: one leads from a task, or from several that the same tasks wait for, down to all of those.
 *
 * L1  A rail touches a task from the left, or from above, where the task needs it; to the right where it leads on from it.
 *     So the picture says exactly what the graph says; a test reads it back.
 */
import type { RunSpec } from "../protocol/workflow.ts";
import { type Box, drawingOf } from "./drawing.ts";

interface Rail {
  column: number;
  /** Tasks that wait for those that lead here, by name; those drawn already are taken out. */
  waiting: Set<string>;
  /** All of them, to find those that wait for the same. */
  key: string;
}

/** Beyond these a list with names says more than lines do. */
const BOXES_MAX = 300;
const WIDTH_MAX = 60;
const NAMES_MAX = 8;

/** A task and what it needs, by name. */
function listed({ name, needs, note }: Box): string {
  const shown = needs.slice(0, NAMES_MAX).join(", ");
  const more = needs.length > NAMES_MAX ? ` and ${needs.length - NAMES_MAX} more` : "";
  const sign = needs.length === 0 ? SIGNS.start : SIGNS.task;
  return `${sign} ${name}${note === "" ? "" : `  (${note})`}${needs.length === 0 ? "" : ` ← ${shown}${more}`}`;
}

/** Signs of a row, by what meets there. */
const SIGNS = { row: "─", rail: "│", start: "○", task: "●", end: "■", alone: "□" };

export function drawAscii(run: Pick<RunSpec, "workflow" | "tasks">, options: { plain?: boolean } = {}): string {
  const { boxes, roles } = drawingOf(run);
  const drawn = boxes.length > BOXES_MAX ? [] : new Rails(boxes).draw();
  const isWide = drawn.length === 0 || drawn.some((line) => line.search(/[○●■□]/) > WIDTH_MAX);
  const lines = isWide ? boxes.map(listed) : drawn;
  for (const { title, boxes: own } of roles) {
    lines.push("", `${title}:`);
    for (const { name, of, note } of own) {
      lines.push(`  ${SIGNS.alone} ${name}${of === undefined ? "" : ` (of ${of})`}${note === "" ? "" : `  (${note})`}`);
    }
  }
  const text = `${lines.join("\n")}\n`;
  return options.plain === true ? text.replace(/[─│○●■□├└┐┤┴┼←]/g, (sign) => PLAIN[sign]!) : text;
}

const PLAIN: Readonly<Record<string, string>> = {
  ...{ "─": "-", "│": "|", "○": "o", "●": "*", "■": "#", "□": "0", "←": "<-" },
  ...Object.fromEntries(["├", "└", "┐", "┤", "┴", "┼"].map((sign) => [sign, "+"])),
};

function signOf({ needs }: Box, leadsOn: boolean): string {
  if (needs.length === 0) return leadsOn ? SIGNS.start : SIGNS.alone;
  return leadsOn ? SIGNS.task : SIGNS.end;
}

class Rails {
  readonly #boxes: readonly Box[];
  readonly #byName: ReadonlyMap<string, Box>;
  readonly #children = new Map<string, string[]>();
  /** By task the rail that leads on from it. */
  readonly #from = new Map<string, Rail>();
  readonly #byKey = new Map<string, Rail>();
  /** By column. */
  readonly #rails: (Rail | undefined)[] = [];

  constructor(boxes: readonly Box[]) {
    this.#boxes = boxes;
    this.#byName = new Map(boxes.map((box) => [box.name, box]));
    for (const { name, needs } of boxes) {
      for (const need of needs) {
        const list = this.#children.get(need);
        if (list === undefined) this.#children.set(need, [name]);
        else list.push(name);
      }
    }
  }

  draw(): string[] {
    const rows = this.#boxes.map((box) => ({ box, lines: this.#row(box) }));
    const width = rows.reduce((most, { lines }) => Math.max(most, lines.length), 0);
    return rows.map(
      ({ box, lines }) => `${lines.padEnd(width)} ${box.name}${box.note === "" ? "" : `  (${box.note})`}`,
    );
  }

  #row(box: Box): string {
    const into = [...new Set(box.needs.map((need) => this.#from.get(need)!))].toSorted((a, b) => a.column - b.column);
    for (const rail of into) rail.waiting.delete(box.name);
    const column = this.#columnFor(into);
    const out = this.#railFrom(box.name, column);
    const before = this.#rails.map((rail) => rail !== undefined);
    // Its own place: a rail that ends here, or nothing.
    const cells: string[] = [];
    const width = Math.max(before.length, column + 1, (out?.column ?? 0) + 1);
    const first = into[0]?.column ?? column;
    const last = out === undefined ? column : out.column;
    const touching = new Set(into.filter((rail) => rail.column !== column).map((rail) => rail.column));
    for (let at = 0; at < width; at++) {
      const isBetween = at >= first && at < last;
      cells.push(this.#cell(at, { column, touching, out, box, first, last }) + (isBetween ? SIGNS.row : " "));
    }
    this.#close(into);
    this.#open(out);
    return cells.join("").trimEnd();
  }

  #cell(
    at: number,
    row: { column: number; touching: Set<number>; out: Rail | undefined; box: Box; first: number; last: number },
  ): string {
    const { column, touching, out, box, first, last } = row;
    if (at === column) return signOf(box, out !== undefined);
    const rail = this.#rails[at];
    if (touching.has(at)) {
      const goesOn = rail!.waiting.size > 0;
      if (at === first) return goesOn ? "├" : "└";
      return goesOn ? "┼" : "┴";
    }
    if (out !== undefined && at === out.column) return rail === undefined ? "┐" : "┤";
    if (rail !== undefined) return SIGNS.rail;
    return at > first && at < last ? SIGNS.row : " ";
  }

  /** Under the last rail that leads to it where that ends, else the next free column to the right of all of them. */
  #columnFor(into: readonly Rail[]): number {
    const last = into.at(-1);
    if (last !== undefined && last.waiting.size === 0) return last.column;
    let column = last === undefined ? 0 : last.column + 1;
    while (this.#rails[column] !== undefined) column++;
    return column;
  }

  /** The rail on which others wait for this task: one that is there and leads to the same tasks, or its own. */
  #railFrom(name: string, column: number): Rail | undefined {
    const children = this.#children.get(name);
    if (children === undefined) return undefined;
    const key = JSON.stringify(children);
    const shared = this.#byKey.get(key);
    if (shared !== undefined && shared.column > column && this.#rails[shared.column] === shared) {
      this.#from.set(name, shared);
      return shared;
    }
    // Tasks that others share their children with go on to the right, where those can join.
    const own: Rail = { column, waiting: new Set(children), key };
    this.#from.set(name, own);
    if (this.#isShared(name, children)) {
      own.column = this.#freeFrom(column + 1);
      this.#byKey.set(key, own);
    }
    return own;
  }

  /** True when another task that is still to come leads to the same tasks. */
  #isShared(name: string, children: readonly string[]): boolean {
    const first = this.#byName.get(children[0]!)!;
    if (first.needs.length < 2) return false;
    const key = JSON.stringify(children);
    return first.needs.some(
      (other) => other !== name && !this.#from.has(other) && JSON.stringify(this.#children.get(other)) === key,
    );
  }

  #freeFrom(column: number): number {
    let free = column;
    while (this.#rails[free] !== undefined) free++;
    return free;
  }

  #close(into: readonly Rail[]): void {
    for (const rail of into) if (rail.waiting.size === 0) this.#rails[rail.column] = undefined;
    while (this.#rails.length > 0 && this.#rails.at(-1) === undefined) this.#rails.pop();
  }

  #open(out: Rail | undefined): void {
    if (out !== undefined) this.#rails[out.column] = out;
  }
}
