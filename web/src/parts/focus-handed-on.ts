/**
 * Who has the focus when a part of the screen is made anew, such as the list of another filter: what stands in its place
 * takes it over. A person who went to the list before its rows came would otherwise type into nothing.
 */
import { type RefObject, useLayoutEffect } from "react";

/** Name of the part that went with the focus in it, until what comes in the same step of drawing has looked. */
let left: string | undefined;

/** `name` is the same for the old and the new one. The box itself takes the focus. */
export function useFocusHandedOn(box: RefObject<HTMLElement | null>, name: string): void {
  useLayoutEffect(() => {
    const { current } = box;
    if (left === name) current?.focus({ preventScroll: true });
    return () => {
      if (current?.contains(document.activeElement) !== true) return;
      left = name;
      queueMicrotask(() => (left = undefined));
    };
  }, [box, name]);
}
