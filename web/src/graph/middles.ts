/** Where the nodes of a picture stand as a whole, whatever boxes they are in. */
import type { GraphNode, RunGraph } from "@octopus/view/run-graph.ts";
import type { Layout } from "./layout.ts";

export interface Middle {
  id: string;
  /** Of its middle. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Those that can be selected. */
export function middlesOf({ nodes }: RunGraph, layout: Layout): Middle[] {
  const corner = new Map<string, { x: number; y: number }>();
  return nodes.flatMap((node: GraphNode) => {
    const spot = layout.get(node.id);
    if (spot === undefined) return [];
    const base = node.parent === undefined ? { x: 0, y: 0 } : corner.get(node.parent)!;
    const x = base.x + spot.x;
    const y = base.y + spot.y;
    corner.set(node.id, { x, y });
    if (node.kind === "after" || node.kind === "more") return [];
    // The head of a box stands for it.
    const height = node.isBox === true ? 44 : spot.height;
    return [{ id: node.id, x: x + spot.width / 2, y: y + height / 2, width: spot.width, height }];
  });
}
