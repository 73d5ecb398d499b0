/** Workers: how many are there, how busy each is, who is missing. */
import { Link } from "@tanstack/react-router";
import type { WorkerView } from "@octopus/protocol/worker-views.ts";
import { fleetWords, workerWords } from "@octopus/view/fleet.ts";
import { WorkerLink } from "../../parts/links.tsx";
import { Panel } from "../../parts/page.tsx";
import { Slots } from "../../parts/slots.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./lists.module.css";

const SHOWN = 6;
/** Those who are missing first, then those who are about to go. */
const ORDER = ["offline", "draining", "online", "idle"];
const GONE_MS = 86_400_000;

export function Fleet({ workers }: { workers: readonly WorkerView[] }) {
  const known = workers.filter((worker) => !isLongGone(worker));
  const sorted = known.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.active - a.active);
  return (
    <Panel
      title="Workers"
      actions={<Link to="/workers">{known.length === 0 ? "All workers" : fleetWords(known)}</Link>}
      isFlush
    >
      {known.length === 0 ? (
        <p className={styles["note"]}>
          No worker is connected, so nothing can run. <Link to="/workers">Start a worker</Link>
        </p>
      ) : (
        <ul className={styles["list"]} aria-label="Workers">
          {sorted.slice(0, SHOWN).map((worker) => (
            <li key={worker.name} className={styles["line"]}>
              <StateMark state={worker.state} label={workerWords(worker)} />
              <span className={styles["grow"]}>
                <WorkerLink name={worker.name} />
              </span>
              {worker.state === "offline" ? (
                <span className={styles["small"]}>
                  seen <Ago at={worker.lastSeenAt} />
                </span>
              ) : (
                <span className={styles["meter"]}>
                  <Slots
                    used={worker.active}
                    limit={worker.slots}
                    tone={worker.state === "draining" ? "off" : "busy"}
                  />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {sorted.length > SHOWN && (
        <p className={styles["foot"]}>
          <Link to="/workers">and {sorted.length - SHOWN} more</Link>
        </p>
      )}
    </Panel>
  );
}

/** It stays in the list of workers, but is no news. */
function isLongGone({ state, lastSeenAt }: WorkerView): boolean {
  return state === "offline" && (lastSeenAt === undefined || Date.now() - Date.parse(lastSeenAt) > GONE_MS);
}
