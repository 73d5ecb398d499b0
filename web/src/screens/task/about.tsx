/** What the task asks for and belongs to: everything that is known and stands nowhere else. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { formatDuration } from "@octopus/base/duration.ts";
import type { Json } from "@octopus/base/words.ts";
import type { TaskDetail, TaskView } from "@octopus/protocol/views.ts";
import { asksFacts } from "@octopus/view/asks.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { RunLink, TaskLink } from "../../parts/links.tsx";
import { Facts, Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Clock } from "../../parts/times.tsx";
import styles from "./task.module.css";

type Dependent = Pick<TaskView, "id" | "name" | "state">;

const LINKS_MAX = 50;
/** Told elsewhere on the page. */
const ELSEWHERE: ReadonlySet<string> = new Set(["callback of", "made by", "files", "told", "cached", "dead letter"]);

export function About({ task }: { task: TaskDetail }) {
  const clock = (at: string | undefined): ReactNode => (at === undefined ? undefined : <Clock at={at} isPrecise />);
  const dependents = useDependents(task);
  const asks = asksFacts(task)
    .filter(([name]) => !ELSEWHERE.has(name))
    .map(([name, value]) => [capital(name), value === undefined ? undefined : inertLine(value)] as const);
  return (
    <Panel title="About it">
      <Facts
        facts={[
          ["Needs", task.needs.length === 0 ? undefined : <Ids ids={task.needs} />],
          [
            "Needed by",
            dependents === undefined || dependents.length === 0 ? undefined : <Named key="d" tasks={dependents} />,
          ],
          ["Created", clock(task.createdAt)],
          ["Ready", clock(task.readyAt)],
          ["Started", clock(task.startedAt)],
          ["Ended", clock(task.endedAt)],
          ["Timeout", task.timeoutMs === undefined ? undefined : formatDuration(task.timeoutMs)],
          ["Retries", task.retries === undefined ? undefined : retriesText(task.retries)],
          ["Starts when", task.trigger === undefined ? undefined : task.trigger.replaceAll("_", " ")],
          ["Role", task.role],
          ["Undoes", task.compensates && inertLine(task.compensates)],
          ["Holds", task.subRun === undefined ? undefined : <RunLink id={task.subRun} />],
          ["Result of", task.cachedFrom === undefined ? undefined : <TaskLink id={task.cachedFrom} />],
          ["Approval", personText(task.approval?.state, task.approval)],
          ["Marked", personText(task.marked && "by a person", task.marked)],
          ...asks,
          ["Told", task.deliveries.length === 0 ? undefined : <Deliveries key="t" task={task} />],
        ]}
      />
    </Panel>
  );
}

function Ids({ ids }: { ids: readonly string[] }) {
  return (
    <span className={styles["links"]}>
      {ids.slice(0, LINKS_MAX).map((id) => (
        <TaskLink key={id} id={id} />
      ))}
      {ids.length > LINKS_MAX && <span>and {ids.length - LINKS_MAX} more</span>}
    </span>
  );
}

/** Tasks of its run that need it, as they are now. */
function useDependents(task: TaskDetail): readonly Dependent[] | undefined {
  const { data } = useQuery({
    queryKey: keys.run(task.run ?? ""),
    queryFn: ({ signal }) => client.run(task.run!, { isBrief: true, signal }),
    select: ({ tasks }): Dependent[] =>
      tasks.filter(({ needs }) => needs.includes(task.id)).map(({ id, name, state }) => ({ id, name, state })),
    enabled: task.run !== undefined,
  });
  return data;
}

function Named({ tasks }: { tasks: readonly Dependent[] }) {
  return (
    <span className={styles["links"]}>
      {tasks.slice(0, LINKS_MAX).map(({ id, name, state }) => (
        <span key={id} className={styles["inline"]}>
          <StateMark state={state} />
          <TaskLink id={id}>{inertLine(name ?? id)}</TaskLink>
        </span>
      ))}
      {tasks.length > LINKS_MAX && <span>and {tasks.length - LINKS_MAX} more</span>}
    </span>
  );
}

function Deliveries({ task }: { task: TaskDetail }) {
  return (
    <span className={styles["links"]}>
      {task.deliveries.slice(-LINKS_MAX).map(({ id, on, state }) => (
        <span key={id} className={styles["inline"]}>
          <StateMark state={state} />
          <TaskLink id={id} /> on {on}
        </span>
      ))}
    </span>
  );
}

function retriesText(retries: Json): string {
  if (retries === null || typeof retries !== "object" || Array.isArray(retries)) return JSON.stringify(retries);
  const { limit, backoff, delayMs, maxDelayMs, rules } = retries;
  const after = typeof delayMs === "number" ? `after ${formatDuration(delayMs)}` : "";
  const grows =
    backoff === "exponential" && typeof maxDelayMs === "number" ? `growing to ${formatDuration(maxDelayMs)}` : "";
  const own = Array.isArray(rules) && rules.length > 0 ? `with ${rules.length} rules of its own` : "";
  return [JSON.stringify(limit), after, grows, own].filter(Boolean).join(", ");
}

type Person = { by?: string | undefined; note?: string | undefined } | undefined;

function personText(word: string | undefined, person: Person): string | undefined {
  if (word === undefined) return undefined;
  return inertLine(
    `${word}${person?.by === undefined ? "" : ` by ${person.by}`}${person?.note === undefined ? "" : `: ${person.note}`}`,
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
