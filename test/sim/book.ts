/**
 * The witness's book: what is durable of each task, kept apart from core's own state. The rules (`rules/`) read it; only
 * the witness writes it.
 */
import { isEnded, type Role, type TaskState } from "../../src/base/words.ts";
import type { Asks } from "../../src/core/asks.ts";
import type { Batch, Event } from "../../src/core/event.ts";
import type { TaskDefinition } from "../../src/core/task-events.ts";
import type { State } from "../../src/core/state.ts";
import type { Turn } from "../../src/core/turn.ts";
import type { Library } from "../../src/engine/ports.ts";

export interface Known {
  readonly seq: number;
  state: TaskState;
  attempt: number;
  arm: string;
  priority: number;
  readonly run: number | undefined;
  readonly asks: Asks | undefined;
  readonly definition: TaskDefinition;
  /** When it was submitted. */
  readonly at: number;
  /** JSON text of what it does. */
  work: string;
  lastWorker: string;
  /** It has ended as a person said. */
  marked: boolean;
}

/** An attempt that runs, by what is durable. */
export interface Running {
  attempt: number;
  worker: string;
}

export class Book {
  readonly tasks = new Map<number, Known>();
  readonly deleted = new Set<number>();
  readonly live = new Map<number, Running>();
  /** Workers whose word is worth nothing. */
  readonly liars = new Set<string>();

  /** Tasks that run now, in no order. */
  *running(): Generator<Known> {
    for (const seq of this.live.keys()) {
      const known = this.tasks.get(seq);
      if (known !== undefined) yield known;
    }
  }

  /** How many running tasks the test holds for, without this one. */
  others(seq: number, test: (known: Known) => boolean): number {
    let count = 0;
    for (const known of this.running()) if (known.seq !== seq && test(known)) count++;
    return count;
  }

  /** What makes it wait for the end of its run's main part: its own role, or that of the list that holds it. */
  roleOf(seq: number): Role | undefined {
    const { node, inside } = this.tasks.get(seq)?.definition ?? {};
    return node?.role ?? (inside === undefined ? undefined : this.roleOf(inside));
  }

  isOpen(seq: number): boolean {
    const known = this.tasks.get(seq);
    return known !== undefined && !isEnded(known.state);
  }
}

/** One promise that the witness keeps an eye on. */
export interface Rule {
  /** One durable event, after the book has taken it in. `before` is the state its task had before it. */
  judge(event: Event, at: number, before: TaskState | undefined): void;
  /** All of a batch is in the book. */
  whole?(batch: Batch): void;
  /** A turn is over and durable; `state` still holds what ended in it. */
  turned?(state: State, turn: Turn): void;
  /** The server starts, or starts again, from what is durable. */
  restarted?(): void;
  /** What is still to happen, in words. */
  unfinished?(): string[];
  /** Everything is healed and has ended. */
  end?(library: Library): void;
}

/** The task that an event is about. */
export function taskOf(event: Event): number | undefined {
  return "task" in event && typeof event.task === "number" ? event.task : undefined;
}
