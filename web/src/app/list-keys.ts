/** `j` and `k` or the arrows go through a list of links, `/` leads to its filter. Enter opens, as it does for every link. */
import { type KeyboardEvent, type RefObject, useRef } from "react";
import { useShortcut } from "./shortcuts.ts";

/** For a list whose rows each have one link or button with `data-row`. */
export function useListKeys<List extends HTMLElement>(): {
  ref: RefObject<List | null>;
  onKeyDown(event: KeyboardEvent): void;
} {
  const ref = useRef<List>(null);
  const move = (by: number): void => {
    const rows = [...(ref.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = rows.findIndex((row) => row === document.activeElement);
    const next = at === -1 ? rows[by > 0 ? 0 : rows.length - 1] : rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    next?.focus();
  };
  useShortcut({ keys: "j", label: "Next row", area: "In the list", run: () => move(1) });
  useShortcut({ keys: "k", label: "Row before", area: "In the list", run: () => move(-1) });
  return {
    ref,
    onKeyDown(event) {
      if (!(event.target instanceof HTMLElement) || event.target.dataset["row"] === undefined) return;
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      move(by);
    },
  };
}

/** `/` puts the caret into the filter of a screen: the first search field of what is shown. */
export function useFilterKey(): void {
  useShortcut({
    keys: "/",
    label: "Find in this list",
    area: "In the list",
    run: () => document.querySelector<HTMLInputElement>('main input[type="search"]')?.select(),
  });
}
