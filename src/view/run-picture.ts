/** A run as text: the picture that is redrawn on a terminal, and the lines that are printed elsewhere. Pure. */
import { isEnded, type TaskState } from "../base/words.ts";
import type { RunDetail, TaskView } from "../protocol/views.ts";
import { colourOf, markOf, type Paint, plain } from "./paint.ts";
import { causeOf, titleOf } from "./tasks.ts";
import { clean, cut, pad, width } from "./text.ts";
import { clockTime, elapsed } from "./time.ts";

export interface Screen {
  columns: number;
  rows: number;
  paint: Paint;
  now: number;
}

/** Least room that the picture is made for. */
const ROWS_MIN = 4;
/** What is shown first when there is no room for all. */
const RANK: Record<TaskState, number> = {
  running: 0,
  failed: 1,
  scheduled: 2,
  queued: 3,
  cancelled: 4,
  expired: 4,
  upstream_failed: 5,
  blocked: 6,
  succeeded: 7,
  skipped: 7,
};

/** The lines of the picture: one for each task as far as there is room, and one that sums up. */
export function runPicture(run: RunDetail, screen: Screen): string[] {
  const room = Math.max(ROWS_MIN, screen.rows - 2);
  const shown = new Set(
    run.tasks.length <= room
      ? run.tasks
      : run.tasks.toSorted((a, b) => RANK[a.state] - RANK[b.state]).slice(0, room - 1),
  );
  const names = Math.min(40, Math.max(4, ...[...shown].map((task) => width(nameOf(task)))));
  // In the order of the file, so that lines keep their place while states change.
  const lines = run.tasks
    .filter((task) => shown.has(task))
    .map((task) => fit(screen, (paint) => taskLine(task, names, { ...screen, paint })));
  const hidden = run.tasks.length - shown.size;
  if (hidden > 0) lines.push(screen.paint("grey", `  … and ${hidden} more`));
  return [...lines, fit(screen, (paint) => summaryLine(run, { ...screen, paint }))];
}

/** A line that is wider than the screen would take two rows, and the next picture would begin in the wrong one. */
function fit({ columns, paint }: Screen, line: (paint: Paint) => string): string {
  const bare = line(plain);
  return width(bare) < columns ? line(paint) : cut(bare, columns - 1);
}

function taskLine(task: TaskView, names: number, { columns, paint, now }: Screen): string {
  const state = `${markOf(task.state)} ${pad(task.state, 15)}`;
  const took = pad(elapsed(task.startedAt, isEnded(task.state) ? task.endedAt : undefined, now), 6, "right");
  const progress =
    task.state === "running" && task.progress !== undefined
      ? `${Math.round(task.progress * 100)} % ${task.progressMessage ?? ""}`
      : "";
  const tries = task.attempt > 1 ? `try ${task.attempt}` : "";
  const rest = clean([tries, progress, causeOf(task)].filter(Boolean).join("  "));
  const head = `${pad(cut(nameOf(task), names), names)}  `;
  const used = width(head) + 17 + 2 + width(took) + 2;
  return `${head}${paint(colourOf(task.state), state)}  ${took}  ${paint("grey", cut(rest, Math.max(1, columns - used - 1)))}`.trimEnd();
}

/** `r3 etl  running  5/12 ended, 1 failed  4.2s`. */
export function summaryLine(run: RunDetail, { paint, now }: Pick<Screen, "paint" | "now">): string {
  const ended = run.tasks.filter((task) => isEnded(task.state)).length;
  const failed = run.tasks.filter((task) => task.state === "failed").length;
  const counts = `${ended}/${run.tasks.length} ended${failed > 0 ? `, ${failed} failed` : ""}`;
  const took = elapsed(run.startedAt ?? run.createdAt, run.endedAt, now);
  return `${paint("bold", `${run.id} ${cut(clean(run.workflow), 40)}`)}  ${paint(colourOf(run.state), run.state)}  ${counts}  ${took}`;
}

/** Remembers what has been said, so that each end and each retry is said once. */
export function createRunLines(): (run: RunDetail) => string[] {
  const said = new Map<string, string>();
  return (run) => {
    const names = Math.min(40, Math.max(4, ...run.tasks.map((task) => width(nameOf(task)))));
    const news: { at: number; text: string }[] = [];
    for (const task of run.tasks) {
      const isRetry = task.state === "scheduled" && task.attempt > 0;
      if (!isEnded(task.state) && !isRetry) continue;
      const word = `${task.state} ${task.attempt} ${task.endedAt ?? ""}`;
      if (said.get(task.id) === word) continue;
      said.set(task.id, word);
      const at = Date.parse(task.endedAt ?? task.startedAt ?? run.createdAt);
      const what = isRetry ? "will try again" : task.state;
      const took = task.startedAt === undefined || isRetry ? "" : elapsed(task.startedAt, task.endedAt, at);
      const cause = task.state === "succeeded" ? "" : clean(causeOf(task));
      news.push({
        at,
        text: [clockTime(at), pad(cut(nameOf(task), names), names), what, took, cause].filter(Boolean).join("  "),
      });
    }
    return news.toSorted((a, b) => a.at - b.at).map(({ text }) => text);
  };
}

function nameOf(task: TaskView): string {
  return clean(titleOf(task));
}
