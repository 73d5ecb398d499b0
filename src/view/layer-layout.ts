/**
 * Places for the nodes of a large picture, at once: levels from left to right, neighbours near each other, and a level that is
 * too tall in several columns. What a layout engine does better in seconds for hundreds of nodes, this does well enough in
 * milliseconds for thousands.
 */
import type { RunGraph } from "./run-graph.ts";

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface LayerOptions {
  sizeOf(id: string): { width: number; height: number };
  /** Room around what stands in a box. */
  padding: { top: number; side: number };
}

const GAP_LEVEL = 72;
const GAP_COLUMN = 22;
const GAP_ROW = 14;
/** A level with more nodes than this has several columns. */
const ROWS_MAX = 40;
const SWEEPS = 4;

/** Places by the ids of nodes, relative to the box that they stand in. */
export function layerLayout({ nodes, edges }: RunGraph, { sizeOf, padding }: LayerOptions): Map<string, Place> {
  const childrenOf = Map.groupBy(nodes, ({ parent = "" }) => parent);
  const parentOf = new Map(nodes.map(({ id, parent = "" }) => [id, parent]));
  const edgesOf = Map.groupBy(edges, ({ to }) => parentOf.get(to) ?? "");
  const places = new Map<string, Place>();
  const layOut = (parent: string): { width: number; height: number } => {
    const children = childrenOf.get(parent) ?? [];
    const sizes = new Map(
      children.map(({ id, isBox }) => {
        if (isBox !== true) return [id, sizeOf(id)];
        const inner = layOut(id);
        return [id, { width: inner.width + 2 * padding.side, height: inner.height + padding.top + padding.side }];
      }),
    );
    const levels = levelsIn(
      children.map(({ id }) => id),
      edgesOf.get(parent) ?? [],
    );
    const offset = parent === "" ? { x: 0, y: 0 } : { x: padding.side, y: padding.top };
    return put(levels, sizes, places, offset);
  };
  layOut("");
  return places;
}

interface Edge {
  from: string;
  to: string;
}

/** Ids by levels, each in an order in which those that are linked stand near each other. */
function levelsIn(ids: readonly string[], edges: readonly Edge[]): string[][] {
  const before = new Map<string, string[]>(ids.map((id) => [id, []]));
  const after = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { from, to } of edges) {
    before.get(to)?.push(from);
    after.get(from)?.push(to);
  }
  const open = new Map(ids.map((id) => [id, before.get(id)!.length]));
  const level = new Map<string, number>(ids.map((id) => [id, 0]));
  const queue = ids.filter((id) => open.get(id) === 0);
  for (let i = 0; i < queue.length; i++) {
    const id = queue[i]!;
    for (const next of after.get(id)!) {
      level.set(next, Math.max(level.get(next)!, level.get(id)! + 1));
      const left = open.get(next)! - 1;
      open.set(next, left);
      if (left === 0) queue.push(next);
    }
  }
  const levels: string[][] = [];
  for (const id of ids) (levels[level.get(id)!] ??= []).push(id);
  for (let i = 0; i < SWEEPS; i++) {
    const isDown = i % 2 === 0;
    sweep(isDown ? levels : levels.toReversed(), isDown ? before : after);
  }
  return levels;
}

/** Orders each level by where its neighbours stand; those without any keep their share of the height. */
function sweep(levels: readonly string[][], neighbours: ReadonlyMap<string, readonly string[]>): void {
  const share = new Map<string, number>();
  for (const ids of levels) {
    const keys = new Map(
      ids.map((id, i) => {
        const known = neighbours.get(id)!.flatMap((other) => share.get(other) ?? []);
        const own = (i + 0.5) / ids.length;
        return [id, known.length === 0 ? own : known.reduce((sum, at) => sum + at, 0) / known.length];
      }),
    );
    ids.sort((a, b) => keys.get(a)! - keys.get(b)!);
    ids.forEach((id, i) => share.set(id, (i + 0.5) / ids.length));
  }
}

function put(
  levels: readonly string[][],
  sizes: ReadonlyMap<string, { width: number; height: number }>,
  places: Map<string, Place>,
  offset: { x: number; y: number },
): { width: number; height: number } {
  const columns = levels.flatMap((ids) =>
    columnsOf(ids, levels.length).map((column, i) => ({ column, isFirst: i === 0 })),
  );
  const heights = columns.map(({ column }) =>
    column.reduce((sum, id) => sum + sizes.get(id)!.height + GAP_ROW, -GAP_ROW),
  );
  const height = Math.max(0, ...heights);
  let x = 0;
  columns.forEach(({ column, isFirst }, i) => {
    if (i > 0) x += isFirst ? GAP_LEVEL : GAP_COLUMN;
    let y = (height - heights[i]!) / 2;
    let widest = 0;
    for (const id of column) {
      const size = sizes.get(id)!;
      places.set(id, { x: offset.x + x, y: offset.y + y, ...size });
      y += size.height + GAP_ROW;
      widest = Math.max(widest, size.width);
    }
    x += widest;
  });
  return { width: x, height };
}

/** What has no order among itself becomes a rectangle rather than a tower. */
function columnsOf(ids: readonly string[], levels: number): string[][] {
  const most = levels === 1 || ids.length > 10 * ROWS_MAX ? Math.ceil(Math.sqrt(ids.length * 2.4)) : ROWS_MAX;
  const count = Math.ceil(ids.length / Math.max(1, most));
  const rows = Math.ceil(ids.length / Math.max(1, count));
  return Array.from({ length: count }, (_, i) => ids.slice(i * rows, (i + 1) * rows));
}
