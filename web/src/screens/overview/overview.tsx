/** The overview: is everything all right, and where is it not? What went wrong stands before what goes well. */
import { useQuery } from "@tanstack/react-query";
import { BookOpen, Plus, Terminal } from "lucide-react";
import type { StatusView } from "@octopus/protocol/views.ts";
import { client } from "../../data/client.ts";
import { cliOption } from "../../data/here.ts";
import { useHistory, useStatus } from "../../data/history.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Apart } from "../../parts/boundary.tsx";
import { ButtonLink } from "../../parts/button.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Failures } from "./failures.tsx";
import { Fleet } from "./fleet.tsx";
import { Lanes } from "./lanes.tsx";
import { NextUp } from "./next-up.tsx";
import { Numbers } from "./numbers.tsx";
import styles from "./overview.module.css";
import { RunsInFlight } from "./runs-in-flight.tsx";
import { Verdict } from "./verdict.tsx";

/** Dead letters that are read here; beyond that there are "more". */
export const DEAD_READ = 50;

const deadFilter = { dead: true, limit: DEAD_READ } as const;

export function Overview() {
  const { data: status, error, refetch } = useStatus();
  const dead = useQuery({ queryKey: keys.tasks(deadFilter), queryFn: () => client.tasks(deadFilter) });
  const history = useHistory(15);
  if (status === undefined) {
    return (
      <Page title="Overview">
        {error === null ? <Loading lines={6} /> : <Trouble error={error} retry={() => void refetch()} />}
      </Page>
    );
  }
  return (
    <Page title="Overview">
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      <Verdict status={status} dead={dead.data} />
      {isBlank(status) ? (
        <FirstSteps />
      ) : (
        <Apart>
          <Numbers status={status} dead={dead.data} history={history.data} />
          <div className={styles["columns"]}>
            <div className={styles["column"]}>
              <Apart>
                <Failures dead={dead.data} />
                <Lanes arms={status.arms} history={history.data} />
              </Apart>
            </div>
            <div className={styles["column"]}>
              <Apart>
                <Fleet workers={status.workers} />
                <RunsInFlight />
                <NextUp />
              </Apart>
            </div>
          </div>
        </Apart>
      )}
    </Page>
  );
}

function isBlank({ counts, runs, workers }: StatusView): boolean {
  return (
    Object.keys(counts).length === 0 && Object.keys(runs).length === 0 && workers.every(({ active }) => active === 0)
  );
}

function FirstSteps() {
  const maySubmit = useMay("submitter");
  return (
    <Empty title="No task has been submitted yet" icon={<Terminal aria-hidden />}>
      <p>
        Give it something to do: <code>octopus submit{cliOption} -- echo hello</code> in a terminal, or a form here. The
        guide leads to a finished workflow in a few minutes.
      </p>
      <p className={styles["steps"]}>
        <ButtonLink to="/start" kind="main" icon={<BookOpen aria-hidden />}>
          Open the guide
        </ButtonLink>
        {maySubmit && (
          <ButtonLink to="/tasks" search={{ create: "shell" } as never} icon={<Plus aria-hidden />}>
            Create a task
          </ButtonLink>
        )}
      </p>
    </Empty>
  );
}
