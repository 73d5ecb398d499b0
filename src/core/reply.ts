/** What a command is answered. A refusal is a value, not an exception: the caller did nothing wrong in our code. */
import type { TaskState } from "../base/words.ts";

/** A domain "no". */
export type Rejection =
  | { type: "KeyConflict"; index: number; key: string; task: number }
  | { type: "TaskNotFound"; task: number }
  | { type: "TaskHasEnded"; task: number; state: TaskState }
  | { type: "TaskNotEnded"; task: number; state: TaskState }
  | { type: "RunNotFound"; run: number }
  | { type: "WorkerNameTaken"; worker: string }
  | { type: "WorkerConnected"; worker: string }
  | { type: "TokenNotFound"; token: string }
  | { type: "KeyNotFound"; worker: string }
  | { type: "UniqueTaken"; index: number; key: string; task: number }
  | { type: "ArmUnknown"; index?: number | undefined; arm: string }
  | { type: "ArmDraining"; index: number; arm: string }
  /** `earlier`: tasks of the same request that would wait in it before this one. */
  | { type: "QueueFull"; index: number; arm: string; waiting: number; earlier: number; limit: number }
  | { type: "ArmInUse"; arm: string; tasks: number }
  | { type: "ScheduleNotFound"; schedule: string }
  | { type: "WorkflowNotFound"; workflow: string }
  | { type: "PluginNotFound"; plugin: string }
  /** It does not wait for an approval. */
  | { type: "NotAwaited"; task: number; state: TaskState }
  /** What it would need has ended badly. */
  | { type: "NeedFailed"; task: number; reason: string }
  | { type: "RunTooDeep"; depth: number }
  /** Its group is full, and it is not to wait. */
  | { type: "RunSkipped"; group: string; by: number };

export type Reply =
  | { ok: true; tasks?: AcceptedTask[]; run?: number; ignored?: boolean; count?: number; bulk?: number; tick?: number }
  | { ok: false; rejection: Rejection };

/** One accepted task; `existed` when the same submission was there before. */
export interface AcceptedTask {
  task: number;
  key: string | undefined;
  state: TaskState;
  existed: boolean;
}

export const DONE: Reply = Object.freeze({ ok: true });

export function refuse(rejection: Rejection): Reply {
  return { ok: false, rejection };
}
