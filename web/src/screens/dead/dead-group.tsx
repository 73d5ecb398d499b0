/** Dead letters of one error, and what can be done with all of them. */
import { ChevronDown, ChevronRight, Download } from "lucide-react";
import { useState } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";
import type { DeadGroup } from "@octopus/view/dead-groups.ts";
import { inert, inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { useMay } from "../../data/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { ArmLink, RunLink, TaskLink, WorkerLink } from "../../parts/links.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import { useBulk } from "../tasks/bulk-bar.tsx";
import styles from "./dead.module.css";
import { saveJson } from "./save-json.ts";

const SHOWN_FIRST = 20;
const CAUSE_CHARS = 1000;

export function DeadGroupPanel({ group }: { group: DeadGroup }) {
  const { tasks, cause, kind, type, arms, newestAt, oldestAt } = group;
  const [isOpen, setOpen] = useState(false);
  const [count, setCount] = useState(SHOWN_FIRST);
  const mayBulk = useMay("operator");
  const bulk = useBulk(() => undefined);
  const ids = tasks.map(({ id }) => id);
  const Sign = isOpen ? ChevronDown : ChevronRight;
  const words = inert(cause.slice(0, CAUSE_CHARS));
  return (
    <section className={styles["group"]} aria-label={`${tasks.length} of ${inertLine(cause.slice(0, 80))}`}>
      <div className={styles["head"]}>
        <IconButton
          label={isOpen ? "Hide the tasks" : "Show the tasks"}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Sign aria-hidden />
        </IconButton>
        <span className={styles["count"]}>{tasks.length.toLocaleString("en")}</span>
        <div className={styles["words"]}>
          <p className={styles["cause"]} title={words}>
            {words}
          </p>
          <p className={styles["about"]}>
            <Chip>{type}</Chip>
            {kind !== undefined && <Chip tone="bad">{kind}</Chip>}
            {arms.map((arm) => (
              <ArmLink key={arm} name={arm} />
            ))}
            <span>
              last <Ago at={newestAt} />
            </span>
            {oldestAt !== newestAt && (
              <span>
                first <Ago at={oldestAt} />
              </span>
            )}
          </p>
        </div>
        <div className={styles["actions"]}>
          <Button
            isSmall
            kind="quiet"
            icon={<Download aria-hidden />}
            onClick={() => saveJson(`dead-${type}.json`, tasks)}
          >
            Export
          </Button>
          {mayBulk && (
            <>
              <Button isSmall onClick={() => bulk.begin("dismiss", { ids })}>
                Dismiss
              </Button>
              <Button isSmall onClick={() => bulk.begin("retry", { ids })}>
                Retry {tasks.length === 1 ? "it" : "all"}
              </Button>
            </>
          )}
        </div>
      </div>
      {isOpen && (
        <div className={styles["tasks"]}>
          <Table
            label="Dead letters of this error"
            columns={COLUMNS}
            rows={tasks.slice(0, count)}
            keyOf={({ id }) => id}
          />
          {tasks.length > count && (
            <p className={styles["note"]}>
              {count} of {tasks.length.toLocaleString("en")} are shown.{" "}
              <Button isSmall onClick={() => setCount(count + 100)}>
                Show more
              </Button>
            </p>
          )}
        </div>
      )}
    </section>
  );
}

const COLUMNS: readonly Column<TaskView>[] = [
  {
    title: "Task",
    isWide: true,
    cell: (task) => (
      <>
        <TaskLink id={task.id}>{inertLine(titleOf(task))}</TaskLink> <TaskLink id={task.id} />
      </>
    ),
  },
  { title: "Tries", isNumber: true, isMinor: true, cell: ({ attempt }) => attempt },
  { title: "Run", isMinor: true, cell: ({ run }) => run !== undefined && <RunLink id={run} /> },
  { title: "Worker", isMinor: true, cell: ({ worker }) => worker !== undefined && <WorkerLink name={worker} /> },
  { title: "Died", isNumber: true, cell: ({ endedAt }) => <Ago at={endedAt} /> },
  { title: "", cell: (task) => <One task={task} /> },
];

/** For one of them. */
function One({ task: { id } }: { task: TaskView }) {
  const mayChange = useMay("submitter");
  const retry = useAction({
    run: () => client.retryTask(id),
    done: () => `${id} waits again.`,
    stale: [["dead"], ["tasks"]],
  });
  const dismiss = useAction({
    run: () => client.dismissTask(id),
    done: () => `${id} is dismissed.`,
    stale: [["dead"], ["tasks"]],
  });
  if (!mayChange) return null;
  return (
    <span className={styles["one"]}>
      <Button isSmall isBusy={dismiss.isPending} onClick={() => dismiss.run()}>
        Dismiss<span className="visually-hidden"> {id}</span>
      </Button>
      <Button isSmall isBusy={retry.isPending} onClick={() => retry.run()}>
        Retry<span className="visually-hidden"> {id}</span>
      </Button>
    </span>
  );
}
