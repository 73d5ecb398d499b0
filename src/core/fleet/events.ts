/** What can have happened to workers; a part of `event.ts`, and on disk like the rest of it. */
import type { TaskKind } from "../../base/words.ts";
import type { Resources } from "../asks.ts";

/** A worker connected, or came back. */
export interface WorkerJoined {
  type: "WorkerJoined";
  worker: string;
  instance: string;
  slots: number;
  kinds: TaskKind[];
  functions: string[];
  host: string;
  pid: number;
  octopus: string;
  resources?: Resources | undefined;
  /** By resource the names of its units, where these are told apart: `{gpu: ["0", "1"]}`; `resources` holds their number. */
  units?: Record<string, string[]> | undefined;
  labels?: Record<string, string> | undefined;
  /** It takes tasks of these arms only. */
  arms?: string[] | undefined;
  /** Where its connection comes from. */
  address?: string | undefined;
  /** Version of the link that was agreed on. */
  link?: number | undefined;
}

export interface WorkerDraining {
  type: "WorkerDraining";
  worker: string;
  /** A person said so: it holds over its restarts, until a person says otherwise. */
  held?: true | undefined;
}

/** A worker that was drained takes work again. */
export interface WorkerResumed {
  type: "WorkerResumed";
  worker: string;
}

/** A worker that is not connected was removed from the list. */
export interface WorkerForgotten {
  type: "WorkerForgotten";
  worker: string;
}

/** A worker said goodbye or its lease ran out; it holds no attempts any more. */
export interface WorkerLeft {
  type: "WorkerLeft";
  worker: string;
  reason: string;
  /** When it was last heard. */
  seenAt?: number | undefined;
}
