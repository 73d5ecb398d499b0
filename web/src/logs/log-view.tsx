/**
 * The output of a task, to be read, followed, searched, pointed at and taken along. Owns the tools and the place of the
 * reader; the lines themselves are held by `log-lines-held.ts` and drawn by `log-viewport.tsx`. It fills its parent.
 */
import {
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { LogExtent } from "@octopus/protocol/log-views.ts";
import { useChoices } from "../app/choices.ts";
import { useSearchText } from "../app/search.ts";
import { wantedLogs } from "../data/wanted-logs.ts";
import { Empty, Trouble } from "../parts/notices.tsx";
import { LogLine } from "./log-line.tsx";
import { LogLinesHeld } from "./log-lines-held.ts";
import { LogTools } from "./log-tools.tsx";
import { LogViewport, type ViewportHandle } from "./log-viewport.tsx";
import { LongLine } from "./long-line.tsx";
import { isWithin, parseRange, rangeText } from "./range.ts";
import { useLogSearch } from "./use-log-search.ts";
import styles from "./log-view.module.css";

export interface LogViewProps {
  id: string;
  /** Number of the newest attempt; 0 before the first. */
  attempts: number;
  /** More may come. */
  isLive: boolean;
  /** What it is called, for the label of the region. */
  name?: string | undefined;
  /** Line, attempt and text that is looked for stand in the URL; for one log of the page at most. */
  ownsUrl?: boolean;
  /** Without tools, but for what brings one back to the end: where only the newest lines are of interest. */
  isSmall?: boolean;
  /** Further tools, at the end of the bar. */
  tools?: ReactNode;
}

/** Lines beyond the seen ones that are read ahead. */
const AHEAD = 60;

export function LogView({ id, attempts, isLive, name, ownsUrl = false, isSmall = false, tools }: LogViewProps) {
  const [attempt, setAttempt] = useTextState(ownsUrl, "attempt");
  const [lineText, setLineText] = useTextState(ownsUrl, "line");
  const [find, setFind] = useTextState(ownsUrl, "find");
  const [isExact, setExact] = useState(false);
  const [again, setAgain] = useState(0);
  const [isWrapped, setWrapped] = useKept("wrap");
  const [showsTimes, setShowsTimes] = useKept("times");
  const [long, setLong] = useState<number>();
  const range = parseRange(lineText);
  const [isFollowing, setFollowing] = useState(range === undefined);
  const [isWhole, setWhole] = useState(false);
  const chosenAttempt = attemptOf(attempt);
  const held = useLines(id, chosenAttempt, range?.from);

  const viewport = useRef<ViewportHandle>(null);
  const { firstLine, count } = spanOf(held?.extent);
  const onShown = useCallback(
    (from: number, to: number) => held?.need(firstLine + from - AHEAD, firstLine + to + AHEAD),
    [held, firstLine],
  );
  const show = useCallback((line: number) => viewport.current?.show(line - firstLine), [firstLine]);
  // A link to a line leads there as soon as it is known how many there are.
  const isPlaced = useRef(false);
  useEffect(() => {
    if (count === 0 || isPlaced.current) return;
    isPlaced.current = true;
    if (range !== undefined) show(range.from);
  }, [count, range, show]);

  const search = useLogSearch(id, held?.extent?.attempt, find, isExact, again);
  const [current, setCurrent] = useState<number>();
  const goTo = (line: number): void => {
    setCurrent(line);
    show(line);
  };
  const choose = useCallback(
    (line: number, event: MouseEvent) => {
      setLineText((before) => {
        const old = parseRange(before);
        if (event.shiftKey && old !== undefined)
          return rangeText({ from: Math.min(old.from, line), to: Math.max(old.from, line) });
        return before === String(line) ? "" : String(line);
      });
      setFollowing(false);
    },
    [setLineText],
  );
  const wanted = useMemo(() => (find === "" ? undefined : { text: find, isExact }), [find, isExact]);
  const clock = useClock(showsTimes);
  const drawn = (index: number): ReactNode => {
    const line = firstLine + index;
    const row = held?.row(line);
    return (
      <LogLine
        key={line}
        line={line}
        row={row}
        isChosen={isWithin(range, line)}
        isCurrent={line === current}
        wanted={wanted}
        time={clock?.(row?.at)}
        onNumber={choose}
        onMore={setLong}
      />
    );
  };
  const label = `Output of ${name ?? id}`;
  return (
    <div className={`${styles["view"]} ${isSmall ? styles["small"] : ""}`}>
      {!isSmall && (
        <LogTools
          {...{
            id,
            attempts,
            isExact,
            find,
            search,
            current,
            goTo,
            isWrapped,
            showsTimes,
            range,
            held,
            tools,
            label,
            ownsUrl,
          }}
          attempt={chosenAttempt}
          onAttempt={(value) => {
            isPlaced.current = true;
            setLineText("");
            setCurrent(undefined);
            setFollowing(true);
            setAttempt(value === undefined ? "" : String(value));
          }}
          onFind={(text) => {
            setCurrent(undefined);
            setFind(text);
          }}
          onAgain={() => setAgain((before) => before + 1)}
          onExact={setExact}
          onWrap={setWrapped}
          onTimes={setShowsTimes}
          onRange={(value) => {
            setLineText(value === undefined ? "" : rangeText(value));
            if (value !== undefined) show(value.from);
          }}
        />
      )}
      {held?.error !== undefined && <Trouble error={held.error} retry={() => held.retry()} />}
      {held?.extent !== undefined && count === 0 ? (
        <Nothing attempts={attempts} isLive={isLive} />
      ) : (
        <div className={styles["window"]}>
          <LogViewport
            ref={viewport}
            label={label}
            lines={count}
            isWrapped={isWrapped}
            isFollowing={isFollowing}
            onFollow={setFollowing}
            onShown={onShown}
            onFit={setWhole}
            line={drawn}
          />
          {/* Of what has ended and is in sight, there is no end to go to. */}
          {(isLive || !isWhole) && (
            <FollowBar isLive={isLive} isFollowing={isFollowing} onFollow={() => setFollowing(true)} />
          )}
        </div>
      )}
      {firstLine > 1 && (
        <p className={styles["gone"]}>Lines before {firstLine} were removed, as the limits of logs say.</p>
      )}
      {long !== undefined && held !== undefined && (
        <LongLine held={held} line={long} onClose={() => setLong(undefined)} />
      )}
    </div>
  );
}

function attemptOf(text: string): number | undefined {
  return /^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined;
}

function spanOf(extent: LogExtent | undefined): { firstLine: number; count: number } {
  const { firstLine = 1, lastLine = 0 } = extent ?? {};
  return { firstLine, count: lastLine === 0 ? 0 : lastLine - firstLine + 1 };
}

/** The lines of the log, held while the component is there; the one that a reader came for is read first. */
function useLines(id: string, attempt: number | undefined, first: number | undefined): LogLinesHeld | undefined {
  const [held, setHeld] = useState<LogLinesHeld>();
  const came = useRef(first);
  useEffect(() => {
    const lines = new LogLinesHeld(id, attempt);
    setHeld(lines);
    const line = came.current ?? 0;
    lines.need(line - AHEAD, line === 0 ? 0 : line + AHEAD);
    const stop = wantedLogs.listen(id, (extent) => lines.noticed(extent));
    return () => {
      stop();
      lines.close();
    };
  }, [id, attempt]);
  useSyncExternalStore(held?.watch ?? never, () => held?.version ?? 0);
  return held;
}

function FollowBar({ isLive, isFollowing, onFollow }: { isLive: boolean; isFollowing: boolean; onFollow(): void }) {
  if (isFollowing) return isLive ? <span className={styles["following"]}>Following</span> : null;
  return (
    <button type="button" className={styles["toEnd"]} onClick={onFollow}>
      {isLive ? "Paused: follow again" : "To the end"} ↓
    </button>
  );
}

function Nothing({ attempts, isLive }: { attempts: number; isLive: boolean }) {
  if (attempts === 0)
    return (
      <Empty title="No output yet">
        {isLive ? "It has not started. What it prints appears here by itself." : "It ended without having run."}
      </Empty>
    );
  return (
    <Empty title={isLive ? "Nothing printed so far" : "It printed nothing"}>
      {isLive ? "New lines appear here by themselves." : undefined}
    </Empty>
  );
}

const never = () => () => undefined;

/** A text that stands in the URL, or only here. */
function useTextState(inUrl: boolean, name: string): [string, (value: string | ((before: string) => string)) => void] {
  const [url, setUrl] = useSearchText(name);
  const [own, setOwn] = useState("");
  const value = inUrl ? url : own;
  const held = useRef(value);
  held.current = value;
  const set = useRef(setUrl);
  set.current = setUrl;
  const change = useCallback(
    (next: string | ((before: string) => string)) => {
      const text = typeof next === "string" ? next : next(held.current);
      if (inUrl) set.current(text === "" ? undefined : text);
      else setOwn(text);
    },
    [inUrl],
  );
  return [value, change];
}

/** A choice that holds for all logs in this browser. */
function useKept(name: string): [boolean, (isOn: boolean) => void] {
  const place = `octopus.log.${name}`;
  const [isOn, setOn] = useState(() => isKept(place));
  return [
    isOn,
    (value) => {
      setOn(value);
      try {
        localStorage.setItem(place, value ? "1" : "0");
      } catch {
        // A browser that keeps nothing: it holds until the log is left.
      }
    },
  ];
}

function isKept(place: string): boolean {
  try {
    return localStorage.getItem(place) === "1";
  } catch {
    return false;
  }
}

/** Moments of lines as a clock shows them, to the millisecond; one format for all of them. */
function useClock(isShown: boolean): ((at: string | undefined) => string) | undefined {
  const { zone } = useChoices();
  return useMemo(() => {
    if (!isShown) return undefined;
    const format = new Intl.DateTimeFormat("sv-SE", {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      ...(zone === "utc" && { timeZone: "UTC" }),
    });
    return (at) => (at === undefined ? "" : format.format(Date.parse(at)));
  }, [isShown, zone]);
}
