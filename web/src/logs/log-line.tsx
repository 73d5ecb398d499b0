/** One line of output: its number, where it came from, its text in its colours, inert. */
import { memo, type MouseEvent, type ReactNode } from "react";
import { type AnsiColour, type Look, plainLine, type Span, spansOf } from "@octopus/view/ansi.ts";
import { clip, inertParts } from "@octopus/view/inert.ts";
import type { Row } from "@octopus/view/log-lines.ts";
import styles from "./log-line.module.css";

export interface Wanted {
  text: string;
  isExact: boolean;
}

interface LogLineProps {
  line: number;
  /** Undefined while it is on its way. */
  row: Row | undefined;
  isChosen: boolean;
  /** It is the hit that the reader stands at. */
  isCurrent: boolean;
  wanted: Wanted | undefined;
  /** The moment, where moments are shown. */
  time: string | undefined;
  onNumber(line: number, event: MouseEvent): void;
  onMore(line: number): void;
}

const STREAMS = {
  stdout: undefined,
  stderr: { sign: "err", words: "standard error" },
  log: { sign: "log", words: "said by the worker or the function" },
} as const;

export const LogLine = memo(function LogLine(props: LogLineProps) {
  const { line, row, isChosen, isCurrent, wanted, time, onNumber, onMore } = props;
  const stream = row === undefined ? undefined : STREAMS[row.stream];
  const classes = [styles["line"], isChosen && styles["chosen"], isCurrent && styles["current"]];
  return (
    <div className={classes.filter(Boolean).join(" ")} data-line={line}>
      <button
        type="button"
        tabIndex={-1}
        className={styles["number"]}
        aria-label={`Line ${line}`}
        onClick={(event) => onNumber(line, event)}
      >
        {line}
      </button>
      {time !== undefined && <span className={styles["time"]}>{time}</span>}
      <span className={`${styles["stream"]} ${row === undefined ? "" : styles[row.stream]}`} title={stream?.words}>
        {stream?.sign}
      </span>
      <bdi className={`${styles["text"]} ${row?.stream === "stderr" ? styles["fromStderr"] : ""}`}>
        {row === undefined ? (
          <span className={styles["coming"]}>…</span>
        ) : (
          <Text row={row} wanted={wanted} onMore={onMore} />
        )}
      </bdi>
    </div>
  );
});

function Text({ row, wanted, onMore }: { row: Row; wanted: Wanted | undefined; onMore(line: number): void }) {
  const { text, more } = clip(row.text);
  const { spans } = spansOf(more === 0 ? text : plainLine(text), row.look);
  return (
    <>
      {row.isTail && <span className={styles["mark"]}>…</span>}
      {spans.flatMap((span, i) => pieces(span, wanted, i))}
      {more > 0 && (
        <button type="button" className={styles["more"]} onClick={() => onMore(row.line)}>
          … {row.isWhole ? "" : "at least "}
          {more.toLocaleString("en")} more characters
        </button>
      )}
    </>
  );
}

/** A span cut at what is looked for, and at what is shown by its name. */
function pieces({ text, look }: Span, wanted: Wanted | undefined, key: number): ReactNode[] {
  const style = styleOf(look);
  const className = classOf(look);
  return cutAt(text, wanted).map(({ part, isHit }, i) => {
    const inner = inertParts(part).map((one, j) =>
      one.isMark ? (
        <span key={j} className={styles["mark"]}>
          {one.text}
        </span>
      ) : (
        one.text
      ),
    );
    const name = `${key}.${i}`;
    if (isHit)
      return (
        <mark key={name} className={styles["hit"]}>
          {inner}
        </mark>
      );
    return (
      <span key={name} className={className} style={style}>
        {inner}
      </span>
    );
  });
}

function cutAt(text: string, wanted: Wanted | undefined): { part: string; isHit: boolean }[] {
  if (wanted === undefined || wanted.text === "") return [{ part: text, isHit: false }];
  const where = wanted.isExact ? text : text.toLowerCase();
  const what = wanted.isExact ? wanted.text : wanted.text.toLowerCase();
  // Letters that get longer in small would shift what is marked.
  if (where.length !== text.length) return [{ part: text, isHit: false }];
  const parts: { part: string; isHit: boolean }[] = [];
  let from = 0;
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, from)) {
    if (at > from) parts.push({ part: text.slice(from, at), isHit: false });
    from = at + what.length;
    parts.push({ part: text.slice(at, from), isHit: true });
  }
  if (from < text.length) parts.push({ part: text.slice(from), isHit: false });
  return parts;
}

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

function classOf(look: Look): string | undefined {
  const names: (string | undefined)[] = [];
  if (typeof look.fg === "number") names.push(styles[`fg-${NAMES[look.fg % 8]}`]);
  if (typeof look.bg === "number") names.push(styles[`bg-${NAMES[look.bg % 8]}`]);
  for (const key of ["bold", "dim", "italic", "underline", "strike", "inverse"] as const)
    if (look[key] === true) names.push(styles[key]);
  return names.length === 0 ? undefined : names.join(" ");
}

/** Colours of all are mixed with those of the page, so that nothing is written white on white. */
function styleOf({ fg, bg }: Look): { color?: string; backgroundColor?: string } | undefined {
  if (!isFree(fg) && !isFree(bg)) return undefined;
  return {
    ...(isFree(fg) && { color: bg === undefined ? `color-mix(in srgb, ${fg} 35%, var(--text))` : "var(--text)" }),
    ...(isFree(bg) && { backgroundColor: `color-mix(in srgb, ${bg} 20%, var(--surface))` }),
  };
}

function isFree(colour: AnsiColour | undefined): colour is string {
  return typeof colour === "string";
}
