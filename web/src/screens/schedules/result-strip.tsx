/** The newest ticks of a schedule as signs, the newest at the right: what they made, and what became of it. */
import { Link } from "@tanstack/react-router";
import type { TickView } from "@octopus/protocol/schedule-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { tickState, tickWords } from "@octopus/view/schedules.ts";
import { moment } from "@octopus/view/time.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import styles from "./result-strip.module.css";

export function ResultStrip({ ticks, label }: { ticks: readonly TickView[]; label: string }) {
  if (ticks.length === 0) return <p className={styles["none"]}>has not fired yet</p>;
  return (
    <ul className={styles["strip"]} aria-label={label}>
      {ticks.toReversed().map((tick) => (
        <li key={tick.tick} title={tickTitle(tick)}>
          <MadeLink tick={tick}>
            <TickMark tick={tick} />
          </MadeLink>
        </li>
      ))}
    </ul>
  );
}

function TickMark({ tick }: { tick: TickView }) {
  return <StateMark state={tickState(tick)} label={tickWords(tick)} />;
}

function tickTitle(tick: TickView): string {
  const reason = tick.reason === undefined ? "" : `: ${inertLine(tick.reason)}`;
  return `${moment(tick.tick, Date.now())} ${tickWords(tick)}${reason}`;
}

/** Leads to what the tick has made. */
export function MadeLink({ tick, children }: { tick: TickView; children: React.ReactNode }) {
  const { made } = tick;
  if (made === undefined || tick.state === undefined) return <>{children}</>;
  return made.startsWith("r") ? (
    <Link to="/runs/$id" params={{ id: made }}>
      {children}
    </Link>
  ) : (
    <Link to="/tasks/$id" params={{ id: made }}>
      {children}
    </Link>
  );
}
