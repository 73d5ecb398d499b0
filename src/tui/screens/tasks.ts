/** The tab Tasks: the newest first, narrowed by the words of the query bar. */
import type { TaskView } from "../../protocol/views.ts";
import { parseQuery } from "../../view/query.ts";
import { lookOf, SIGNS } from "../../view/state-shapes.ts";
import { endOf, titleOf } from "../../view/tasks.ts";
import { isEnded, TASK_STATES } from "../../base/words.ts";
import { listScreen } from "../list.ts";
import { BAD, DIM, stateSpan, toneLook } from "../looks.ts";
import { fit, type Line, lineOf, type Span, span } from "../spans.ts";
import { type State, valueOf } from "../state.ts";
import type { Target } from "../target.ts";
import type { Column } from "../table.ts";
import { tasksIn } from "../wants.ts";
import { age, count, took } from "../words.ts";

export const tasksScreen = listScreen<TaskView>({
  slot: "tasks",
  rows: (state) => tasksIn(state, "tasks"),
  target: taskTarget,
  columns: (state) => taskColumns(state.now, idWidth(tasksIn(state, "tasks"), state.size.columns)),
  above: (state, columns) => [filterLine(state, columns)],
  empty: ({ filters }) =>
    filters.tasks === ""
      ? "No task yet. Submit one: octopus submit -- echo hello"
      : "No task matches. Esc takes the filter away, / changes it.",
  more: (state) => moreText(state, "tasks"),
});

export function taskTarget(view: TaskView): Target {
  return { kind: "task", id: view.id, view };
}

const ROWS_MEASURED = 200;

/** Ids of one's own are as long as somebody made them; those of the server are short. */
export function idWidth(tasks: readonly { id: string }[], columns: number): number {
  const longest = tasks.slice(0, ROWS_MEASURED).reduce((most, { id }) => Math.max(most, id.length), 6);
  return Math.min(longest, Math.max(10, Math.floor(columns / 7)));
}

function taskColumns(now: number, ids: number): Column<TaskView>[] {
  return [
    { title: "ID", cell: ({ id }) => id, width: ids, rank: 0 },
    { title: "STATE", cell: taskState, width: 11, rank: 0 },
    { title: "WHAT", cell: whatOf, width: 12, grows: true, wants: 40, rank: 0 },
    { title: "TYPE", cell: ({ type }) => span(type, DIM), width: 12, rank: 4 },
    { title: "ARM", cell: ({ arm }) => arm, width: 10, rank: 2 },
    { title: "RUN", cell: ({ run }) => span(run ?? "", DIM), width: 7, rank: 5 },
    { title: "WORKER", cell: ({ worker }) => span(worker ?? "", DIM), width: 14, rank: 6 },
    { title: "AGE", cell: (task) => age(task.createdAt, now), width: 4, side: "right", rank: 1 },
    {
      title: "TOOK",
      cell: (task) => took(task.startedAt, isEnded(task.state) ? task.endedAt : undefined, now),
      width: 7,
      side: "right",
      rank: 0,
    },
  ];
}

/** In few columns: `upstream failed` would make all others wide. */
export function taskState({ state }: Pick<TaskView, "state">): Span {
  return stateSpan(state, state === "upstream_failed" ? "upstream" : undefined);
}

/** Its name or command and, where it did not go well, why. */
function whatOf(task: TaskView): Line {
  const why = isEnded(task.state) && task.state !== "succeeded" ? endOf(task) : "";
  const percent =
    task.state === "running" && task.progress !== undefined ? `${Math.round(task.progress * 100)} % ` : "";
  return lineOf(
    percent === "" ? undefined : span(percent, toneLook("busy")),
    titleOf(task),
    task.attempt > 1 ? span(`  try ${task.attempt}`, DIM) : undefined,
    why === "" ? undefined : span(`  ${why}`, task.state === "failed" ? BAD : DIM),
  );
}

/** What is shown, and how many tasks there are in each state. */
function filterLine(state: State, columns: number): Line {
  const text = state.filters.tasks;
  if (text !== "") {
    const { problems } = parseQuery(text);
    const shown = tasksIn(state, "tasks").length;
    const more = valueOf(state, "tasks")?.hasMore === true ? "+" : "";
    const says =
      problems[0] === undefined ? span(`   ${shown}${more} shown`, DIM) : span(`   ${problems[0].message}`, BAD);
    return fit(lineOf(span(" / ", DIM), text, says), columns);
  }
  const counts = valueOf(state, "status")?.counts ?? {};
  const parts = TASK_STATES.filter((one) => (counts[one] ?? 0) > 0).map((one) => {
    const { shape, tone, label } = lookOf(one);
    return span(`${SIGNS[shape]} ${count(counts[one]!)} ${label}   `, toneLook(tone));
  });
  return fit(lineOf(" ", ...parts), columns);
}

export function moreText(state: State, slot: "tasks" | "runs"): string | undefined {
  const pages = valueOf(state, slot);
  if (pages?.hasMore !== true) return undefined;
  if (pages.readTo !== undefined && pages.items.length < state.wanted)
    return `… looked back to ${pages.readTo.slice(0, 16).replace("T", " ")} UTC; a narrower filter finds more`;
  return pages.items.length >= state.wanted ? "… more; go on down, or narrow it with /" : "… more";
}
