/** The parts of the screens that are read from the server, and what the answers are. */
import type { HistoryView } from "../protocol/history.ts";
import type { RunDetail, RunExplanation, RunView } from "../protocol/run-views.ts";
import type { ScheduleView, TickView } from "../protocol/schedule-views.ts";
import type { ArmDetail, Explanation, Page, StatusView, TaskDetail, TaskView } from "../protocol/views.ts";
import type { UsageHistory, WaitingWorkerView, WorkerDetail, WorkerView } from "../protocol/worker-views.ts";
import type { Row as LogRow } from "../view/log-lines.ts";

/** Rows of a long list, as many as were wanted. */
export interface Pages<T> {
  items: T[];
  /** There are more, or may be. */
  hasMore: boolean;
  /** As far back as it was looked, where not everything was. */
  readTo?: string;
}

export interface Slots {
  status: StatusView;
  history: HistoryView;
  dead: Pages<TaskView>;
  asked: Pages<TaskView>;
  "live-runs": Pages<RunView>;
  tasks: Pages<TaskView>;
  runs: Pages<RunView>;
  workers: WorkerView[];
  waiting: WaitingWorkerView[];
  schedules: ScheduleView[];
  talking: Pages<TaskView>;
  recent: Pages<TaskView>;
  task: TaskDetail;
  why: Explanation;
  tail: LogRow[];
  run: RunDetail;
  explain: RunExplanation;
  worker: WorkerDetail;
  usage: UsageHistory;
  arm: ArmDetail;
  "arm-queue": Pages<TaskView>;
  schedule: ScheduleView;
  ticks: Page<TickView>;
}

export type Slot = keyof Slots;
/** Slots with lists of tasks. */
export type TaskSlot = { [K in Slot]: Slots[K] extends Pages<TaskView> ? K : never }[Slot];
