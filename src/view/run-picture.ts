/** A run as text: the picture that is redrawn on a terminal, and the lines that are printed elsewhere. Pure. */
import { isEnded, type TaskState } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import { type Colour, colourOf, markOf, type Paint, plain } from "./paint.ts";
import { type Beside, endedOf, isAside, isAsked, standing, taskWords, totalOf } from "./run-words.ts";
import { titleOf } from "./tasks.ts";
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
export function runPicture(run: RunDetail, screen: Screen, beside: Beside = {}): string[] {
  const room = Math.max(ROWS_MIN, screen.rows - 2);
  const tasks = run.tasks.filter((task) => !isAside(task));
  const shown = new Set(
    tasks.length <= room ? tasks : tasks.toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, room - 1),
  );
  const names = Math.min(
    40,
    [...shown].reduce((most, task) => Math.max(most, width(nameOf(task))), 4),
  );
  // In the order of the file, so that lines keep their place while states change.
  const lines = tasks
    .filter((task) => shown.has(task))
    .map((task) => fit(screen, (paint) => taskLine(task, names, { ...screen, paint }, beside)));
  const hidden = tasks.length - shown.size;
  if (hidden > 0) lines.push(screen.paint("grey", `  … and ${hidden}${run.more === true ? " and many" : ""} more`));
  return [...lines, fit(screen, (paint) => summaryLine(run, { ...screen, paint }))];
}

/** Whoever waits for a person comes first: nobody else can help it on. */
function rankOf(task: TaskView): number {
  return isAsked(task) ? -1 : RANK[task.state];
}

/** A line that is wider than the screen would take two rows, and the next picture would begin in the wrong one. */
function fit({ columns, paint }: Screen, line: (paint: Paint) => string): string {
  const bare = line(plain);
  return width(bare) < columns ? line(paint) : cut(bare, columns - 1);
}

function taskLine(task: TaskView, names: number, { columns, paint, now }: Screen, beside: Beside): string {
  const word = isAsked(task) ? "needs approval" : task.state;
  const state = `${markOf(task.state)} ${pad(word, 15)}`;
  const took = pad(elapsed(task.startedAt, isEnded(task.state) ? task.endedAt : undefined, now), 6, "right");
  const rest = clean(taskWords(task, beside).join("  "));
  const head = `${pad(cut(nameOf(task), names), names)}  `;
  const used = width(head) + 17 + 2 + width(took) + 2;
  return `${head}${paint(lookOf(task), state)}  ${took}  ${paint("grey", cut(rest, Math.max(1, columns - used - 1)))}`.trimEnd();
}

/** A failure that was allowed is no alarm; a question is worth being seen. */
function lookOf(task: TaskView): Colour {
  return task.allowed === true || isAsked(task) ? "yellow" : colourOf(task.state);
}

/** `r3 etl  running  5/12 ended, 1 failed  4.2s`. */
export function summaryLine(run: RunDetail, { paint, now }: Pick<Screen, "paint" | "now">): string {
  const failed = run.counts.failed ?? 0;
  const counts = `${endedOf(run.counts)}/${totalOf(run.counts)} ended${failed > 0 ? `, ${failed} failed` : ""}`;
  const took = elapsed(run.startedAt ?? run.createdAt, run.endedAt, now);
  const state = [paint(colourOf(run.state), run.state), standing(run)].filter(Boolean).join(", ");
  return `${paint("bold", `${run.id} ${cut(clean(run.workflow), 40)}`)}  ${state}  ${counts}  ${took}`;
}

/** Remembers what has been said, so that each end, each retry and each question is said once. */
export function createRunLines(): (run: RunDetail) => string[] {
  const said = new Map<string, string>();
  const isNews = (id: string, word: string): boolean => {
    if (said.get(id) === word) return false;
    said.set(id, word);
    return true;
  };
  return (run) => {
    const names = Math.min(
      40,
      run.tasks.reduce((most, task) => Math.max(most, width(nameOf(task))), 4),
    );
    const news: { at: number; text: string }[] = [];
    const lineOf = (clock: string, name: string, ...words: string[]): string =>
      [clock, pad(cut(name, names), names), ...words].filter(Boolean).join("  ");
    for (const task of run.tasks) {
      const isRetry = task.state === "scheduled" && task.attempt > 0;
      const isQuestion = isAsked(task);
      if ((!isEnded(task.state) && !isRetry && !isQuestion) || isAside(task)) continue;
      if (!isNews(task.id, `${task.state} ${task.attempt} ${task.endedAt ?? ""}`)) continue;
      const at = Date.parse((isQuestion ? task.readyAt : task.endedAt) ?? task.startedAt ?? run.createdAt);
      const what = isRetry ? "will try again" : isQuestion ? "needs approval" : task.state;
      const took = task.startedAt === undefined || isRetry ? "" : elapsed(task.startedAt, task.endedAt, at);
      const words = task.state === "succeeded" && task.members === undefined ? [] : taskWords(task);
      const rest = clean(words.filter((word) => !word.startsWith("try ")).join("  "));
      news.push({ at, text: lineOf(clockTime(at), nameOf(task), what, took, rest) });
    }
    const lines = news.toSorted((a, b) => a.at - b.at).map(({ text }) => text);
    // When that began is not known.
    const state = standing(run);
    if (isNews(run.id, state) && state !== "") lines.push(lineOf(" ".repeat(8), run.id, state));
    return lines;
  };
}

function nameOf(task: TaskView): string {
  return clean(titleOf(task));
}
