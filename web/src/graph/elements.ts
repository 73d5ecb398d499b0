/** What React Flow draws of a graph: nodes where they were laid out, and those edges that somebody can follow. */
import { type Edge, Position } from "@xyflow/react";
import type { RunGraph } from "@octopus/view/run-graph.ts";
import type { Layout } from "./layout.ts";
import type { PictureNode } from "./node.tsx";
import styles from "./picture.module.css";

/** Where there are more, nobody could follow one: only those of what is selected are drawn. */
export const EDGES_DRAWN = 800;

export function nodesOf({ nodes }: RunGraph, layout: Layout): PictureNode[] {
  return nodes.flatMap((node) => {
    const spot = layout.get(node.id);
    if (spot === undefined) return [];
    const { x, y, width, height } = spot;
    // Said here, edges need no measuring: those of nodes that were never drawn know where they begin.
    const middle = { y: node.isBox === true ? 22 : height / 2, width: 1, height: 1 };
    const made: PictureNode = {
      ...{ id: node.id, type: "part", position: { x, y }, width, height, data: { node } },
      handles: [
        { type: "target", position: Position.Left, x: 0, ...middle },
        { type: "source", position: Position.Right, x: width - 1, ...middle },
      ],
      ...(node.parent !== undefined && { parentId: node.parent }),
    };
    return [made];
  });
}

export function edgesOf({ edges, nodes }: RunGraph, shown: string, critical: ReadonlySet<string>): Edge[] {
  const unitOf = new Map(nodes.flatMap(({ id, tasks = [] }) => tasks.map((task) => [task, id] as const)));
  const onPath = new Set([...critical].map((id) => unitOf.get(id) ?? id));
  const isMany = edges.length > EDGES_DRAWN;
  return edges.flatMap(({ from, to }) => {
    const isChosen = from === shown || to === shown;
    const isCritical = onPath.has(from) && onPath.has(to);
    if (isMany && !isChosen && !isCritical) return [];
    const className = [isChosen && styles["chosenEdge"], isCritical && styles["criticalEdge"]]
      .filter(Boolean)
      .join(" ");
    return [{ id: `${from} ${to}`, source: from, target: to, className, ...(isChosen && { zIndex: 1 }) }];
  });
}

/** The node that shows the selected task: itself, its group, or the box that holds it. */
export function placeOfSelection({ nodes }: RunGraph, selected: string): string {
  if (selected === "" || nodes.some(({ id }) => id === selected)) return selected;
  return nodes.find(({ tasks }) => tasks?.includes(selected) ?? false)?.id ?? selected;
}
