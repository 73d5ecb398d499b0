/**
 * V16  A bulk action goes through its tasks in order, counts each once, and comes to its end. What it counts as done was
 *      done in the same batch, or comes with the list that was.
 */
import type { BulkActionName, TaskState } from "../../../src/base/words.ts";
import type { Batch, Event } from "../../../src/core/event.ts";
import type { BulkProgressed } from "../../../src/core/flow/events.ts";
import type { Rule } from "../book.ts";
import type { World } from "../world.ts";

interface Watched {
  action: BulkActionName;
  ids: number | undefined;
  done: number;
  failed: number;
  cursor: number;
  ended: boolean;
}

export class BulkRule implements Rule {
  readonly #world: World;
  readonly #bulks = new Map<number, Watched>();
  /** What the steps of the batch that is being read have counted, by action. */
  readonly #counted = new Map<BulkActionName, number>();

  constructor(world: World) {
    this.#world = world;
  }

  judge(event: Event, _at: number, _before: TaskState | undefined): void {
    if (event.type === "BulkStarted") {
      const { bulk, action } = event;
      this.#world.demand(!this.#bulks.has(bulk), () => `V16: bulk ${bulk} begins twice`);
      const { ids } = JSON.parse(event.filter) as { ids?: string[] };
      this.#bulks.set(bulk, { action, ids: ids?.length, done: 0, failed: 0, cursor: 0, ended: false });
    } else if (event.type === "BulkProgressed") this.#progressed(event);
  }

  #progressed({ bulk, done, failed, cursor, ended }: BulkProgressed): void {
    const { demand } = this.#world;
    const known = this.#bulks.get(bulk);
    demand(known !== undefined && !known.ended, () => `V16: bulk ${bulk} goes on, and is not under way`);
    const { action, ids = Infinity, ...before } = known!;
    const isForward = done >= before.done && failed >= before.failed && cursor >= before.cursor;
    demand(isForward, () => `V16: bulk ${bulk} is at ${done}, ${failed}, ${cursor} after ${JSON.stringify(before)}`);
    demand(done + failed <= ids, () => `V16: bulk ${bulk} of ${ids} tasks counts ${done} and ${failed}`);
    this.#counted.set(action, (this.#counted.get(action) ?? 0) + done - before.done);
    Object.assign(known!, { done, failed, cursor, ended: ended !== undefined });
  }

  whole({ events }: Batch): void {
    if (this.#counted.size === 0) return;
    const did: Partial<Record<BulkActionName, number>> = { delete: 0, retry: 0, dismiss: 0 };
    for (const event of events) {
      if (event.type === "TasksDeleted") did.delete! += event.tasks.length;
      else if (event.type === "TasksDismissed") did.dismiss! += event.tasks.length;
      else if (event.type === "TaskReopened") {
        did.retry!++;
        // Its members that were meant, too, come back with it when it is spread.
        if (event.kind === "each" && event.holds === undefined) did.retry = Infinity;
      }
    }
    for (const [action, counted] of this.#counted) {
      const most = did[action] ?? Infinity;
      this.#world.demand(counted <= most, () => `V16: ${counted} tasks count as done by ${action}, and ${most} were`);
    }
    this.#counted.clear();
  }

  unfinished(): string[] {
    return [...this.#bulks].filter(([, { ended }]) => !ended).map(([bulk]) => `bulk ${bulk} is under way`);
  }
}
