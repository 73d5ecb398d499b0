/** The arms as lanes: what of their slots is taken, who waits, what goes through. Those that are quiet are one line. */
import { Link } from "@tanstack/react-router";
import type { HistoryView } from "@octopus/protocol/history.ts";
import type { ArmView } from "@octopus/protocol/views.ts";
import { sumOf } from "@octopus/view/arm-history.ts";
import { Panel } from "../../parts/page.tsx";
import { Lane } from "../arms/lane.tsx";
import styles from "./lanes.module.css";

const SHOWN = 10;

export function Lanes({ arms, history }: { arms: readonly ArmView[]; history: HistoryView | undefined }) {
  const busy = arms.filter((arm) => isBusy(arm, history)).toSorted((a, b) => weightOf(b) - weightOf(a));
  const shown = busy.slice(0, SHOWN);
  const rest = arms.filter((arm) => !shown.includes(arm));
  return (
    <Panel title="Arms" actions={<Link to="/arms">All arms</Link>} isFlush>
      {shown.length === 0 && <p className={styles["note"]}>Every arm is quiet: nothing runs, and nothing waits.</p>}
      <ul aria-label="Arms">
        {shown.map((arm) => (
          <Lane key={arm.name} arm={arm} history={history?.arms[arm.name]} stepMs={history?.stepMs ?? 10_000} />
        ))}
      </ul>
      {rest.length > 0 && (
        <p className={styles["rest"]}>
          {shown.length > 0 && "Quiet: "}
          {rest.slice(0, SHOWN).map(({ name }, i) => (
            <span key={name}>
              {i > 0 && ", "}
              <Link to="/arms/$name" params={{ name }}>
                {name}
              </Link>
            </span>
          ))}
          {rest.length > SHOWN && ` and ${rest.length - SHOWN} more`}
        </p>
      )}
    </Panel>
  );
}

function isBusy(
  { name, active, queued, enabled, draining, waiting }: ArmView,
  history: HistoryView | undefined,
): boolean {
  return active + queued + waiting > 0 || !enabled || draining || sumOf(history?.arms[name]?.started) > 0;
}

/** The busiest first; those that hold others up before all. */
function weightOf({ enabled, draining, active, queued }: ArmView): number {
  return (enabled && !draining ? 0 : 1e9) + queued * 2 + active;
}
