/** What a line of the list of runs says. */
import { inertLine } from "@octopus/view/inert.ts";
import { endedOf, standing, totalOf } from "@octopus/view/run-words.ts";
import type { RunView } from "@octopus/protocol/run-views.ts";
import { CountsBar } from "../../parts/counts-bar.tsx";
import { RunLink } from "../../parts/links.tsx";
import type { RowColumn } from "../../parts/rows.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago, Took } from "../../parts/times.tsx";
import styles from "./runs.module.css";

export const COLUMNS: readonly RowColumn<RunView>[] = [
  { title: "State", width: "minmax(7.5rem, 9rem)", cell: (run) => <State run={run} /> },
  { title: "Run", width: "minmax(3.5rem, 5rem)", cell: ({ id }) => <RunLink id={id} /> },
  { title: "Workflow", width: "minmax(8rem, 1.2fr)", cell: ({ workflow }) => inertLine(workflow) },
  { title: "Tasks", width: "minmax(9rem, 1fr)", cell: (run) => <Progress run={run} /> },
  { title: "Took", width: "5.5rem", isNumber: true, cell: (run) => <Time run={run} /> },
  { title: "By", width: "minmax(6rem, 0.7fr)", from: 900, cell: (run) => <By run={run} /> },
  { title: "Params", width: "minmax(6rem, 1fr)", from: 1100, cell: ({ params }) => paramsText(params) },
  { title: "Created", width: "7rem", from: 760, cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

export function RunCard({ run }: { run: RunView }) {
  return (
    <div className={styles["card"]}>
      <div className={styles["cardLine"]}>
        <State run={run} />
        <RunLink id={run.id} />
        <span className={styles["name"]}>{inertLine(run.workflow)}</span>
        <Time run={run} />
      </div>
      <div className={styles["cardLine"]}>
        <Progress run={run} />
        <span className={styles["faint"]}>
          <Ago at={run.createdAt} />
        </span>
      </div>
    </div>
  );
}

function State({ run }: { run: RunView }) {
  const more = standing(run);
  return (
    <StateMark state={run.state} withLabel {...(more !== "" && { label: run.paused === true ? "paused" : more })} />
  );
}

function Time({ run }: { run: RunView }) {
  if (run.startedAt === undefined && run.endedAt === undefined) return null;
  return <Took from={run.startedAt ?? run.createdAt} to={run.endedAt} />;
}

function Progress({ run }: { run: RunView }) {
  return (
    <span className={styles["progress"]}>
      <CountsBar counts={run.counts} />
      <span>
        {endedOf(run.counts).toLocaleString("en")}/{totalOf(run.counts).toLocaleString("en")}
      </span>
    </span>
  );
}

function By({ run }: { run: RunView }) {
  if (run.schedule !== undefined) return `schedule ${inertLine(run.schedule)}`;
  if (run.parent !== undefined) return `inside of ${run.parent}`;
  if (run.retryOf !== undefined) return `again ${run.retryOf}`;
  return "";
}

function paramsText(params: RunView["params"]): string {
  return Object.entries(params ?? {})
    .map(([name, value]) => inertLine(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`))
    .join(" ");
}
