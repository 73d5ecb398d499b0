/** Keys of a picture: arrows go along edges, Space unfolds, Enter opens, plus and minus zoom. */
import { useReactFlow } from "@xyflow/react";
import type { KeyboardEvent } from "react";
import { type Direction, stepTo } from "@octopus/view/graph-steps.ts";
import type { RunGraph } from "@octopus/view/run-graph.ts";
import { useShortcut } from "../app/shortcuts.ts";
import type { Middle } from "./middles.ts";

interface KeyOptions {
  graph: RunGraph;
  spots: readonly Middle[];
  shown: string;
  toggle(id: string): void;
  showAll(): void;
  onSelect?: ((id: string | undefined) => void) | undefined;
  onEnter?: ((id: string) => void) | undefined;
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

export function useKeys({ graph, spots, shown, onSelect, onEnter, toggle, showAll }: KeyOptions) {
  const flow = useReactFlow();
  useShortcut({ keys: "arrowright", label: "Along an edge; the other arrows, too", area: "In the graph" });
  useShortcut({ keys: "space", label: "Unfold or fold", area: "In the graph" });
  useShortcut({ keys: "enter", label: "Open the task", area: "In the graph" });
  useShortcut({ keys: "0", label: "Show all of it; + and - zoom", area: "In the graph" });
  return (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as HTMLElement).closest("button") !== null)
      return;
    const node = graph.nodes.find(({ id }) => id === shown);
    const deeds: Record<string, (() => void) | undefined> = {
      " ": node?.holds !== undefined || node?.kind === "group" ? () => toggle(shown) : undefined,
      Enter: node === undefined ? undefined : () => (node.kind === "group" ? toggle(shown) : onEnter?.(shown)),
      Escape: shown === "" ? undefined : () => onSelect?.(undefined),
      "+": () => void flow.zoomIn(),
      "-": () => void flow.zoomOut(),
      "0": showAll,
    };
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) {
      const to = stepTo(arrow, shown, spots, graph.edges);
      if (to !== undefined) onSelect?.(to);
    } else if (deeds[event.key] !== undefined) deeds[event.key]!();
    else return;
    event.preventDefault();
  };
}
