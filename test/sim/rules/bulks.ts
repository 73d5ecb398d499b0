/**
 * V16  A bulk action goes through its tasks in order, counts each once, and comes to its end. What was named by ids is
 *      counted whole.
 */
import type { TaskState } from "../../../src/base/words.ts";
import type { Event } from "../../../src/core/event.ts";
import type { Rule } from "../book.ts";
import type { World } from "../world.ts";

interface Watched {
  ids: number | undefined;
  done: number;
  failed: number;
  cursor: number;
  ended: boolean;
}

export class BulkRule implements Rule {
  readonly #world: World;
  readonly #bulks = new Map<number, Watched>();

  constructor(world: World) {
    this.#world = world;
  }

  judge(event: Event, _at: number, _before: TaskState | undefined): void {
    const { demand } = this.#world;
    if (event.type === "BulkStarted") {
      demand(!this.#bulks.has(event.bulk), () => `V16: bulk ${event.bulk} begins twice`);
      const { ids } = JSON.parse(event.filter) as { ids?: string[] };
      this.#bulks.set(event.bulk, { ids: ids?.length, done: 0, failed: 0, cursor: 0, ended: false });
    } else if (event.type === "BulkProgressed") {
      const known = this.#bulks.get(event.bulk);
      demand(known !== undefined && !known.ended, () => `V16: bulk ${event.bulk} goes on, and is not under way`);
      const { done, failed, cursor } = known!;
      const isForward = event.done >= done && event.failed >= failed && event.cursor >= cursor;
      demand(
        isForward,
        () => `V16: bulk ${event.bulk} goes back: ${JSON.stringify(event)} after ${JSON.stringify(known)}`,
      );
      Object.assign(known!, { done: event.done, failed: event.failed, cursor: event.cursor });
      known!.ended = event.ended !== undefined;
      const isWhole = event.ended !== "done" || known!.ids === undefined || event.done + event.failed <= known!.ids;
      demand(isWhole, () => `V16: bulk ${event.bulk} of ${known!.ids} tasks counts ${event.done} and ${event.failed}`);
    }
  }

  unfinished(): string[] {
    return [...this.#bulks].filter(([, { ended }]) => !ended).map(([bulk]) => `bulk ${bulk} is under way`);
  }
}
