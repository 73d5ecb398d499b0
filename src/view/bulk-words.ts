/** Actions on many tasks, in words: the question before them, how far they are, what became of them. */
import type { BulkActionName } from "../base/words.ts";
import type { BulkView } from "../protocol/views.ts";

interface Deed {
  /** What a button says. */
  deed: string;
  /** While it happens, and when it has. */
  going: string;
  done: string;
  /** What it means for the tasks that it reaches. */
  means: string;
}

export const BULK_DEEDS: Readonly<Record<BulkActionName, Deed>> = {
  cancel: {
    deed: "Cancel",
    going: "Cancelling",
    done: "cancelled",
    means: "Those that run are stopped. Those that have ended stay as they are.",
  },
  retry: {
    deed: "Retry",
    going: "Retrying",
    done: "retried",
    means: "Those that have ended run again with what they were given. Those that have not ended stay as they are.",
  },
  delete: {
    deed: "Delete",
    going: "Deleting",
    done: "deleted",
    means:
      "They go with their output, results and files, and cannot be brought back. Those that have not ended stay as they are.",
  },
  dismiss: {
    deed: "Dismiss",
    going: "Dismissing",
    done: "dismissed",
    means: "They leave the list of dead letters and stay in the history.",
  },
  priority: {
    deed: "Set priority",
    going: "Changing the priority of",
    done: "changed",
    means: "Those that have ended stay as they are.",
  },
  move: { deed: "Move", going: "Moving", done: "moved", means: "Those that have ended stay as they are." },
};

/** `1 task`, `12,345 tasks`. */
export function tasksText(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "task" : "tasks"}`;
}

export interface BulkQuestion {
  title: string;
  text: string;
  deed: string;
}

export function bulkQuestion(
  action: BulkActionName,
  count: number,
  change: { arm?: string | undefined; priority?: number | undefined },
  isFilter: boolean,
): BulkQuestion {
  const { deed, means } = BULK_DEEDS[action];
  const tasks = tasksText(count);
  const matching = isFilter ? `${tasks} ${count === 1 ? "matches" : "match"} the filter now. ` : "";
  if (action === "move")
    return { title: `Move ${tasks} to ${change.arm}?`, text: matching + means, deed: `Move ${tasks}` };
  if (action === "priority")
    return { title: `Give ${tasks} priority ${change.priority}?`, text: matching + means, deed: `Change ${tasks}` };
  return { title: `${deed} ${tasks}?`, text: matching + means, deed: `${deed} ${tasks}` };
}

/** `Cancelling 1,234 tasks: 600 cancelled, 3 refused`; once it is over, how it ended. */
export function bulkProgress({ action, state, total, done, failed }: BulkView): string {
  const words = BULK_DEEDS[action];
  const refused = failed === 0 ? "" : `, ${failed.toLocaleString("en")} left as they were`;
  const counts = `${done.toLocaleString("en")} ${words.done}${refused}`;
  if (state === "running") return `${words.going} ${tasksText(total)}: ${counts}`;
  return state === "cancelled" ? `Stopped: ${counts} of ${tasksText(total)}` : `Done: ${counts}`;
}

/** Several of them in one line. */
export function bulksProgress(bulks: readonly BulkView[]): string {
  const running = bulks.filter(({ state }) => state === "running");
  const sum = (those: readonly BulkView[], of: (one: BulkView) => number): number =>
    those.reduce((before, one) => before + of(one), 0);
  const left = sum(bulks, ({ failed }) => failed);
  const refused = left === 0 ? "" : `, ${left.toLocaleString("en")} left as they were`;
  const ended = bulks.length - running.length;
  if (running.length === 0) {
    const done = tasksText(sum(bulks, (one) => one.done));
    return `${ended} actions have ended: ${done} done${refused}`;
  }
  const through = sum(running, (one) => one.done + one.failed).toLocaleString("en");
  const going = `${running.length} of ${bulks.length} actions under way`;
  return `${going}: ${through} of ${tasksText(sum(running, ({ total }) => total))}${refused}`;
}
