/** What the keys of a long list mean. */
import type { KeyboardEvent } from "react";

export type RowDeed = { is: "move"; by: number; isTicking: boolean } | { is: "open" | "tick" | "untick" | "menu" };

/** Undefined for a key that means nothing to a list. */
export function rowDeed(event: KeyboardEvent, pageRows: number, count: number): RowDeed | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  const by = stepsOf(event.key, pageRows, count);
  if (by !== undefined) return { is: "move", by, isTicking: event.shiftKey };
  switch (event.key) {
    case "Enter":
      return { is: "open" };
    case "x":
      return { is: "tick" };
    case "Escape":
      return { is: "untick" };
    case ".":
    case "ContextMenu":
      return { is: "menu" };
    default:
      return undefined;
  }
}

function stepsOf(key: string, pageRows: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
    case "j":
      return 1;
    case "ArrowUp":
    case "k":
      return -1;
    case "PageDown":
      return pageRows;
    case "PageUp":
      return -pageRows;
    case "Home":
      return -count;
    case "End":
      return count;
    default:
      return undefined;
  }
}
