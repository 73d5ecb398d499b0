/**
 * First steps: a task, a workflow and what comes next, each done with one click on this very server. What was done stands in
 * the URL, so that a reload goes on where it was.
 */
import { useQuery } from "@tanstack/react-query";
import { Check, Play } from "lucide-react";
import type { ReactNode } from "react";
import { isEnded } from "@octopus/base/words.ts";
import { isRunEnded } from "@octopus/client/run-calls.ts";
import { useSearchText } from "../../app/search.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button, ButtonLink } from "../../parts/button.tsx";
import { Copy } from "../../parts/copy.tsx";
import { RunLink, TaskLink } from "../../parts/links.tsx";
import { Remark, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { StateBadge, StateMark } from "../../parts/state-mark.tsx";
import { DEFINITION, NAME } from "./first-workflow.ts";
import styles from "./start.module.css";

const COMMAND = 'echo "Hello from $(uname -n)"';

export function FirstSteps() {
  const [task] = useSearchText("task");
  const [run] = useSearchText("run");
  const mayRun = useMay("submitter");
  const mayWrite = useMay("operator");
  const workers = useQuery({ queryKey: keys.workers, queryFn: () => client.workers() });
  const hasWorker = workers.data?.some(({ state }) => state === "online");
  return (
    <Page title="First steps" lead="Three minutes, on this server. Everything here can be looked at and removed later.">
      <div className={styles["steps"]}>
        {!mayRun && (
          <Remark tone="wait">
            Your token may look at everything and start nothing. One with the role operator can do these steps.
          </Remark>
        )}
        {hasWorker === false && (
          <Remark tone="warn">
            No worker is connected, so what you start will wait. Start one on any machine with{" "}
            <code>octopus worker</code>.
          </Remark>
        )}
        <Step number={1} title="Run a command" isDone={task !== ""}>
          <p>
            A task is a unit of work: here a command of the shell. Octopus stores it before it answers, gives it to a
            worker that has a free slot, and keeps its output.
          </p>
          <Code text={COMMAND} />
          <FirstTask mayRun={mayRun} />
        </Step>
        <Step number={2} title="Run a workflow" isDone={run !== ""}>
          <p>
            A workflow says which tasks need which. This one prepares, greets three planets side by side, and reports
            when all of them have been greeted.
          </p>
          <Code text={DEFINITION} />
          <FirstRun mayRun={mayWrite} />
        </Step>
        <Step number={3} title="Go on" isDone={false}>
          <ul className={styles["next"]}>
            <li>
              <ButtonLink to="/schedules" search={{ new: "1", workflow: NAME } as never}>
                Run it every morning
              </ButtonLink>
              <span>A schedule starts tasks and workflows by the calendar of any time zone.</span>
            </li>
            <li>
              <ButtonLink to="/tasks" search={{ create: "http" } as never}>
                Call a web service
              </ButtonLink>
              <span>Tasks are commands, HTTP requests, functions, plugins, containers and WebAssembly modules.</span>
            </li>
            <li>
              <ButtonLink to="/workers">Add a machine</ButtonLink>
              <span>
                <code>octopus worker</code> on another computer of this network finds the server by itself.
              </span>
            </li>
            <li>
              <ButtonLink to="/arms">Limit what runs at once</ButtonLink>
              <span>Arms are lanes with limits of their own; a full one holds up nobody else.</span>
            </li>
          </ul>
        </Step>
      </div>
    </Page>
  );
}

function Step({
  number,
  title,
  isDone,
  children,
}: {
  number: number;
  title: string;
  isDone: boolean;
  children: ReactNode;
}) {
  return (
    <section className={styles["step"]} aria-labelledby={`step-${number}`}>
      <div className={`${styles["number"]} ${isDone ? styles["done"] : ""}`} aria-hidden>
        {isDone ? <Check /> : number}
      </div>
      <div className={styles["content"]}>
        <h2 id={`step-${number}`}>{title}</h2>
        {children}
      </div>
    </section>
  );
}

function Code({ text }: { text: string }) {
  return (
    <div className={styles["code"]}>
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} what="this" />
    </div>
  );
}

function FirstTask({ mayRun }: { mayRun: boolean }) {
  const [id, setId] = useSearchText("task");
  const start = useAction({
    run: () => client.submitAlone({ shell: COMMAND, tags: ["first-steps"] }),
    onDone: (submitted) => setId(submitted.id),
  });
  const task = useQuery({ queryKey: keys.task(id), queryFn: () => client.task(id), enabled: id !== "" });
  const isOver = task.data !== undefined && isEnded(task.data.state);
  const logs = useQuery({
    queryKey: keys.logs(id, "first-steps"),
    queryFn: () => Array.fromAsync(client.logs(id)),
    enabled: isOver,
  });
  return (
    <>
      <div className={styles["row"]}>
        <Button
          kind={id === "" ? "main" : "plain"}
          icon={<Play aria-hidden />}
          disabled={!mayRun}
          isBusy={start.isPending}
          onClick={() => start.run()}
        >
          {id === "" ? "Run it" : "Run it again"}
        </Button>
        {task.data !== undefined && (
          <span className={styles["row"]} role="status">
            <StateBadge state={task.data.state} /> <TaskLink id={id} />
          </span>
        )}
      </div>
      {task.error !== null && <Trouble error={task.error} />}
      {isOver && logs.data !== undefined && (
        <pre className={styles["output"]} tabIndex={0} aria-label="Output">
          {logs.data.map(({ text }) => text).join("") || "It printed nothing."}
        </pre>
      )}
    </>
  );
}

function FirstRun({ mayRun }: { mayRun: boolean }) {
  const [id, setId] = useSearchText("run");
  const start = useAction({
    run: async () => {
      await client.setWorkflow({ definition: DEFINITION, source: `${NAME}.yaml` });
      return client.submitRun({ workflow: NAME });
    },
    onDone: (accepted) => setId(accepted.id),
    stale: [keys.workflows],
  });
  const { data: run, error } = useQuery({ queryKey: keys.run(id), queryFn: () => client.run(id), enabled: id !== "" });
  return (
    <>
      <div className={styles["row"]}>
        <Button
          kind={id === "" ? "main" : "plain"}
          icon={<Play aria-hidden />}
          disabled={!mayRun}
          isBusy={start.isPending}
          onClick={() => start.run()}
        >
          {id === "" ? "Save and run it" : "Run it again"}
        </Button>
        {run !== undefined && (
          <span className={styles["row"]} role="status">
            <StateBadge state={run.state} /> <RunLink id={id} />
          </span>
        )}
      </div>
      {error !== null && <Trouble error={error} />}
      {run !== undefined && (
        <ul className={styles["tasks"]}>
          {run.tasks.map((task) => (
            <li key={task.id}>
              <StateMark state={task.state} withLabel label={task.name ?? task.id} />
              {task.members !== undefined && (
                <span>
                  {" "}
                  {task.members.counts.succeeded ?? 0} of {task.members.total}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {run !== undefined && isRunEnded(run.state) && (
        <Remark
          tone={run.state === "succeeded" ? "good" : "bad"}
          actions={
            <ButtonLink to="/runs/$id" params={{ id }} isSmall>
              See its graph
            </ButtonLink>
          }
        >
          {run.state === "succeeded"
            ? "Your first workflow has finished."
            : `It ended as ${run.state}: its page says which task failed, and why.`}
        </Remark>
      )}
    </>
  );
}
