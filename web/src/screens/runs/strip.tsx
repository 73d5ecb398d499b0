/** How long the newest runs of the list took, the newest at the right: what is slower or failed is seen at a glance. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatDuration } from "@octopus/base/duration.ts";
import type { RunView } from "@octopus/protocol/run-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import type { RunQuery } from "@octopus/client/options.ts";
import { useNow } from "../../app/now.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import styles from "./strip.module.css";

const SHOWN = 60;
/** Fewer than these say nothing of what is usual. */
const FEW = 6;

export function Strip({ filter }: { filter: RunQuery }) {
  const { data } = useQuery({
    queryKey: keys.runs({ ...filter, limit: SHOWN }),
    queryFn: () => client.runs({ ...filter, limit: SHOWN }),
    placeholderData: (before) => before,
  });
  const now = useNow();
  const runs = (data?.items ?? []).toReversed();
  if (runs.length < FEW) return null;
  const longest = Math.max(1, ...runs.map((run) => tookMs(run, now)));
  return (
    <ol className={styles["strip"]} aria-label={`How long the newest ${runs.length} runs took`}>
      {runs.map((run) => {
        const took = tookMs(run, now);
        const words = `${run.id} ${inertLine(run.workflow)}: ${lookOf(run.state).label}, ${formatDuration(round(took))}`;
        return (
          <li key={run.id}>
            <Link to="/runs/$id" params={{ id: run.id }} aria-label={words} title={words}>
              <span
                className={`${styles["bar"]} ${styles[lookOf(run.state).tone]}`}
                // By the root, so that one that took hours leaves others in sight.
                style={{ height: `${Math.max(8, Math.sqrt(took / longest) * 100)}%` }}
              />
            </Link>
          </li>
        );
      })}
    </ol>
  );
}

function tookMs({ startedAt, createdAt, endedAt }: RunView, now: number): number {
  const from = Date.parse(startedAt ?? createdAt);
  return Math.max(0, (endedAt === undefined ? now : Date.parse(endedAt)) - from);
}

function round(ms: number): number {
  return ms < 1000 ? Math.round(ms) : Math.round(ms / 100) * 100;
}
