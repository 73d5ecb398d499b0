/** The bars of one task: waiting is hatched, running is full, a pause is a line, what holds others is a frame. */
import type { AttemptView, TaskView } from "@octopus/protocol/views.ts";
import { formatDuration } from "@octopus/base/duration.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import type { Stretch } from "@octopus/view/time-axis.ts";
import { type Span, type SpanKind, spansOf } from "@octopus/view/waterfall.ts";
import styles from "./bars.module.css";

const WORDS: Readonly<Record<SpanKind, string>> = {
  queue: "waited for its turn",
  worker: "waited for a worker",
  run: "ran",
  pause: "paused before the next try",
  asked: "waited for a person",
  hold: "held what stands in it",
};

interface BarsProps {
  task: TaskView;
  attempts: readonly AttemptView[] | undefined;
  view: Stretch;
  now: number;
  isCritical: boolean;
  /** Room for all of `view`, in pixels. */
  width: number;
}

/** What the length of the bars takes, written beside them. */
const LENGTH_PX = 64;

export function Bars({ task, attempts, view, now, isCritical, width }: BarsProps) {
  const spans = spansOf(task, attempts);
  const length = view.to - view.from;
  const last = spans.at(-1);
  const end = last === undefined ? undefined : ((last.to ?? now) - view.from) / length;
  // Beside the bars where there is room: after them, else before them; else on them, at the edge.
  const start = last === undefined ? 0 : startOf(spans, view, length);
  const isLate = end !== undefined && (1 - end) * width < LENGTH_PX;
  const isOn = isLate && start * width < LENGTH_PX;
  const place = isLate ? { right: isOn ? 0 : `${(1 - start) * 100}%` } : { left: `${(end ?? 0) * 100}%` };
  const total = spans.reduce(
    (sum, span) => (span.kind === "run" || span.kind === "hold" ? sum + msOf(span, now) : sum),
    0,
  );
  return (
    <>
      {spans.map((span, i) => {
        const from = Math.max(view.from, span.from);
        const to = Math.min(view.to, span.to ?? now);
        if (to < view.from || from > view.to || to < from) return null;
        const tone = span.kind === "run" || span.kind === "hold" ? toneOf(span) : "";
        const isFramed = isCritical && (span.kind === "run" || span.kind === "hold");
        return (
          <span
            key={i}
            className={`${styles[span.kind]} ${tone === "" ? "" : styles[tone]} ${isFramed ? styles["critical"] : ""} ${
              span.to === undefined ? styles["open"] : ""
            }`}
            style={{ left: `${((from - view.from) / length) * 100}%`, width: `${((to - from) / length) * 100}%` }}
            title={titleOfSpan(span, now)}
          />
        );
      })}
      {end !== undefined && end >= 0 && end <= 1 && total > 0 && (
        <span className={`${styles["length"]} ${isOn ? styles["on"] : ""}`} style={place}>
          {formatDuration(shown(total))}
        </span>
      )}
    </>
  );
}

function startOf(spans: readonly Span[], view: Stretch, length: number): number {
  return Math.min(1, Math.max(0, (spans[0]!.from - view.from) / length));
}

function msOf({ from, to }: Span, now: number): number {
  return Math.max(0, (to ?? now) - from);
}

/** Tenths of a second are enough beyond one. */
function shown(ms: number): number {
  return ms < 1000 ? Math.round(ms) : ms < 60_000 ? Math.round(ms / 100) * 100 : Math.round(ms / 1000) * 1000;
}

function toneOf({ outcome, kind }: Span): string {
  if (outcome === undefined) return kind === "hold" ? "held" : "busy";
  return lookOf(outcome).tone;
}

function titleOfSpan(span: Span, now: number): string {
  const what = span.attempt === undefined ? WORDS[span.kind] : `attempt ${span.attempt} ${WORDS[span.kind]}`;
  const how = span.outcome === undefined ? "" : `, ${lookOf(span.outcome).label}`;
  return `${what} for ${formatDuration(shown(msOf(span, now)))}${how}${span.to === undefined ? ", and goes on" : ""}`;
}
