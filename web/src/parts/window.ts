/** Which rows of one height are in view, and those a little before and behind: what a long list renders. */
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

const OVERSCAN = 8;

interface Shown {
  first: number;
  last: number;
  isScrolled: boolean;
  width: number;
}

interface RowWindow extends Shown {
  /** Brings a row into view, with as little movement as that takes. */
  reveal(index: number): void;
}

interface WindowOptions {
  rowHeight: number;
  count: number;
  /** Pixels at the top that are covered. */
  head: number;
  /** How far it is scrolled at the beginning. */
  offset: number;
}

/** Rendered again only when other rows come into view. */
export function useRowWindow(box: RefObject<HTMLElement | null>, options: WindowOptions): RowWindow {
  const { rowHeight, count, head, offset } = options;
  const [shown, setShown] = useState<Shown>(() => {
    const first = Math.floor(offset / rowHeight);
    return { first, last: first + 30, isScrolled: offset > rowHeight / 2, width: 1000 };
  });
  // Asked for at each step of a scroll, its size would be measured anew each time.
  const size = useRef({ width: 1000, height: 800 });
  const look = useCallback(() => {
    const scrollTop = box.current?.scrollTop ?? 0;
    const { width, height } = size.current;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
    const last = Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN;
    const isScrolled = scrollTop > rowHeight / 2;
    setShown((before) => {
      const isSame = before.first === first && before.last === last && before.isScrolled === isScrolled;
      return isSame && before.width === width ? before : { first, last, isScrolled, width };
    });
  }, [box, rowHeight]);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    // A scroll bar that comes or goes must not change how rows are shown, and so come or go again.
    const measure = (): void => {
      size.current = { width: current.offsetWidth, height: current.clientHeight };
      look();
    };
    measure();
    current.addEventListener("scroll", look, { passive: true });
    const watcher = new ResizeObserver(measure);
    watcher.observe(current);
    return () => {
      current.removeEventListener("scroll", look);
      watcher.disconnect();
    };
  }, [box, look]);
  const reveal = useCallback(
    (index: number) => {
      const { current } = box;
      if (current === null) return;
      const top = index * rowHeight;
      const bottom = top + rowHeight + head - current.clientHeight;
      if (top < current.scrollTop) current.scrollTop = top;
      else if (bottom > current.scrollTop) current.scrollTop = bottom;
    },
    [box, rowHeight, head],
  );
  return {
    ...shown,
    first: Math.min(shown.first, Math.max(0, count - 1)),
    last: Math.min(shown.last, count - 1),
    reveal,
  };
}
