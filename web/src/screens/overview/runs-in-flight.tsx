/** Runs of workflows that go on, with how far each has come; or what the newest came to. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { inertLine } from "@octopus/view/inert.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { CountsBar } from "../../parts/counts-bar.tsx";
import { RunLink } from "../../parts/links.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago, Took } from "../../parts/times.tsx";
import styles from "./lists.module.css";

const SHOWN = 6;
const flying = { state: ["running", "queued"], top: true, limit: SHOWN } as const;
const newest = { top: true, limit: 4 } as const;

export function RunsInFlight() {
  const inFlight = useQuery({ queryKey: keys.runs(flying), queryFn: () => client.runs(flying) });
  const isQuiet = inFlight.data?.items.length === 0;
  const last = useQuery({ queryKey: keys.runs(newest), queryFn: () => client.runs(newest), enabled: isQuiet });
  const { data, error, refetch } = isQuiet ? last : inFlight;
  return (
    <Panel title={isQuiet ? "Latest runs" : "Runs in flight"} actions={<Link to="/runs">All runs</Link>} isFlush>
      {data === undefined ? (
        error === null ? (
          <Loading />
        ) : (
          <Trouble error={error} retry={() => void refetch()} />
        )
      ) : data.items.length === 0 ? (
        <p className={styles["note"]}>
          No workflow has run yet. <Link to="/workflows">Write one</Link>
        </p>
      ) : (
        <ul className={styles["list"]} aria-label={isQuiet ? "Latest runs" : "Runs in flight"}>
          {data.items.map(({ id, workflow, state, counts, startedAt, endedAt, createdAt }) => (
            <li key={id} className={styles["line"]}>
              <StateMark state={state} />
              <span className={styles["grow"]}>
                <RunLink id={id}>
                  <bdi>{inertLine(workflow)}</bdi>
                </RunLink>
                <span className={styles["small"]}>{id}</span>
              </span>
              <span className={styles["bar"]}>
                <CountsBar counts={counts} />
              </span>
              <span className={styles["small"]}>
                {endedAt === undefined ? <Took from={startedAt ?? createdAt} to={undefined} /> : <Ago at={endedAt} />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
