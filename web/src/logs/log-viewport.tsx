/**
 * The window onto the lines: draws those that are seen, and asks for those that are near. It knows nothing of tasks.
 *
 * LV1  While it follows, the last line is at the bottom; the reader who scrolls up ends that, the one who comes back to the
 *      end begins it again.
 */
import {
  type CSSProperties,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { heightOf, scrollTo, shareOf, shownIn } from "@octopus/view/log-window.ts";
import styles from "./log-viewport.module.css";

export interface ViewportHandle {
  /** Shows this line, counted from 0. */
  show(line: number): void;
  focus(): void;
}

interface LogViewportProps {
  ref?: Ref<ViewportHandle>;
  label: string;
  lines: number;
  isWrapped: boolean;
  isFollowing: boolean;
  onFollow(isFollowing: boolean): void;
  /** Lines that are seen, counted from 0; told when they change. */
  onShown(from: number, to: number): void;
  /** Whether all lines are in sight at once. */
  onFit(isWhole: boolean): void;
  /** Draws one line. */
  line(index: number): ReactNode;
}

const ROW_REM = 1.25;
/** Near enough to the end to follow. */
const END_PX = 4;
/** The mean height of wrapped lines is taken over when it is off by so much. */
const TOLERANCE = 0.15;

export function LogViewport(props: LogViewportProps) {
  const { ref, label, lines, isWrapped, isFollowing, onFollow, onShown, onFit, line } = props;
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const least = ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const [view, setView] = useState(400);
  const [scrollTop, setScrollTop] = useState(0);
  const [mean, setMean] = useState(least);
  /** What was set by us, so that its event is not taken for a reader's. */
  const placed = useRef(0);
  const row = isWrapped ? mean : least;
  const shown = shownIn({ lines, view, row, scrollTop }, least);
  const height = heightOf({ lines, row });

  const place = useCallback((top: number): void => {
    const element = box.current!;
    element.scrollTop = top;
    placed.current = element.scrollTop;
    setScrollTop(element.scrollTop);
  }, []);
  useImperativeHandle(ref, () => ({
    show: (index) => {
      onFollow(false);
      place(scrollTo(index, { lines, view, row }));
    },
    focus: () => box.current?.focus(),
  }));

  useLayoutEffect(() => {
    const element = box.current!;
    const measure = (): void => setView(element.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  // How high lines are on the average decides how far the bar has to go; the share that it stands for stays.
  const count = shown.to - shown.from;
  const share = shareOf({ lines, view, row, scrollTop });
  const kept = useRef<number>(undefined);
  useEffect(() => {
    if (!isWrapped) return;
    const content = inner.current!;
    const observer = new ResizeObserver(() => {
      const measured = count === 0 ? least : content.offsetHeight / count;
      const isOff = Math.abs(measured - mean) > TOLERANCE * mean;
      if (!isOff && (count < lines || Math.abs(measured - mean) < 0.01)) return;
      kept.current = share;
      setMean(measured);
    });
    observer.observe(content);
    return () => observer.disconnect();
  }, [isWrapped, count, lines, least, mean, share]);
  useLayoutEffect(() => {
    if (isFollowing) place(Math.max(0, height - view));
    else if (kept.current !== undefined) place(kept.current * Math.max(0, height - view));
    kept.current = undefined;
  }, [isFollowing, height, view, place]);

  // Before the lines are painted, the one at the share is put where it belongs.
  useLayoutEffect(() => {
    const content = inner.current!;
    let offset = (shown.anchor - shown.from + shown.part) * least;
    if (isWrapped) {
      const anchor = content.children[shown.anchor - shown.from] as HTMLElement | undefined;
      offset = (anchor?.offsetTop ?? 0) + (anchor?.offsetHeight ?? 0) * shown.part;
    }
    content.style.transform = `translateY(${box.current!.scrollTop + shown.y - offset}px)`;
  });

  useLayoutEffect(() => onShown(shown.from, shown.to), [onShown, shown.from, shown.to]);
  const isWhole = height <= view;
  useLayoutEffect(() => onFit(isWhole), [onFit, isWhole]);

  const scrolled = (): void => {
    const element = box.current!;
    setScrollTop(element.scrollTop);
    if (Math.abs(element.scrollTop - placed.current) < 1) return;
    placed.current = Number.NaN;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - END_PX;
    if (isAtEnd !== isFollowing) onFollow(isAtEnd);
  };
  return (
    <div
      ref={box}
      className={`${styles["box"]} ${isWrapped ? styles["wrapped"] : ""}`}
      onScroll={scrolled}
      tabIndex={0}
      role="region"
      aria-label={label}
      style={{ "--log-whole": `${height}px`, "--log-digits": Math.max(3, String(lines).length) } as CSSProperties}
    >
      <div className={styles["whole"]} style={{ height }}>
        <div ref={inner} className={styles["lines"]}>
          {Array.from({ length: shown.to - shown.from }, (_, i) => line(shown.from + i))}
        </div>
      </div>
    </div>
  );
}
