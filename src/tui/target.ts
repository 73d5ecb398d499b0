/** What the cursor is on. */
import type { RunView } from "../protocol/run-views.ts";
import type { ScheduleView } from "../protocol/schedule-views.ts";
import type { ArmView, TaskView } from "../protocol/views.ts";
import type { WorkerView } from "../protocol/worker-views.ts";

/** Something on the screen that can be opened and acted upon. */
export type Target =
  | { kind: "task"; id: string; view?: TaskView | undefined }
  | { kind: "run"; id: string; view?: RunView | undefined }
  | { kind: "worker"; id: string; view?: WorkerView | undefined }
  | { kind: "arm"; id: string; view?: ArmView | undefined }
  | { kind: "schedule"; id: string; view?: ScheduleView | undefined };
