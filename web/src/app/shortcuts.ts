/**
 * Keys: who listens to which, and what they do in words, which is what `?` shows. `g t` is one key after the other; `mod+k`
 * is Ctrl or Cmd. Nothing fires while somebody types, but for keys with `mod`.
 */
import { useLayoutEffect, useRef } from "react";

export interface Shortcut {
  keys: string;
  /** What it does: "Go to tasks". */
  label: string;
  /** Where it holds: "Everywhere", "In the list". */
  area: string;
  /** Absent: whatever has the focus hears of it by itself, and the help says so. */
  run?(event: KeyboardEvent): void;
}

/** Between two keys that belong together. It begins when the page has dealt with the first: what a busy page needs counts not. */
const NEXT_MS_MAX = 1500;

const shortcuts = new Set<{ current: Shortcut }>();
let first: { key: string; at: number } | undefined;

/** Listens from when the component can be seen until it goes. Of two for the same keys the newer one has them. */
export function useShortcut(shortcut: Shortcut): void {
  const held = useRef(shortcut);
  held.current = shortcut;
  useLayoutEffect(() => {
    shortcuts.add(held);
    return () => void shortcuts.delete(held);
  }, []);
}

/** All that listen now, for the help. */
export function activeShortcuts(): Shortcut[] {
  return [...shortcuts].map(({ current }) => current);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function nameOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const name = key.length === 1 ? key : key.toLowerCase();
  if (ctrlKey || metaKey) return `mod+${name.toLowerCase()}`;
  return shiftKey && key.length > 1 ? `shift+${name}` : name;
}

window.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const name = nameOf(event);
  const isFree = !isTyping(event.target) && document.querySelector('[role="dialog"]') === null;
  if (!isFree && !name.startsWith("mod+")) return;
  const before = first !== undefined && event.timeStamp - first.at < NEXT_MS_MAX ? `${first.key} ${name}` : undefined;
  const newest = activeShortcuts()
    .filter(({ run }) => run !== undefined)
    .toReversed();
  const found =
    newest.find(({ keys }) => before !== undefined && keys === before) ?? newest.find(({ keys }) => keys === name);
  first = undefined;
  if (found !== undefined) {
    event.preventDefault();
    found.run?.(event);
  } else if (newest.some(({ keys }) => keys.startsWith(`${name} `))) {
    first = { key: name, at: performance.now() };
  }
});
