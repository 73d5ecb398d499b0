/**
 * V23  What a person has to agree to starts only after that; who is asked is asked once what else there was to wait for is
 *      there; and silence becomes an answer when its time has come.
 */
import type { TaskState } from "../../../src/base/words.ts";
import type { Batch, Event } from "../../../src/core/event.ts";
import type { Rule } from "../book.ts";
import type { GraphBook, GraphTask } from "../graph-book.ts";
import type { World } from "../world.ts";

export class ApprovalRule implements Rule {
  readonly #world: World;
  readonly #graph: GraphBook;
  readonly #asked = new Set<GraphTask>();

  constructor(world: World, graph: GraphBook) {
    this.#world = world;
    this.#graph = graph;
  }

  judge(event: Event, _at: number, before: TaskState | undefined): void {
    const { demand } = this.#world;
    const task = "task" in event && typeof event.task === "number" ? this.#graph.tasks.get(event.task) : undefined;
    if (task === undefined) return;
    const { seq, definition, approved } = task;
    const needsWord = definition.node?.approval !== undefined || definition.kind === "approval";
    switch (event.type) {
      case "AttemptStarted":
      case "TaskOpened":
        return demand(!needsWord || approved, () => `V23: t${seq} starts, and nobody agreed`);
      case "ApprovalAsked":
        this.#asked.add(task);
        demand(needsWord && !approved, () => `V23: somebody is asked about t${seq} for nothing`);
        return demand(task.state === "queued", () => `V23: somebody is asked about t${seq}, which is ${task.state}`);
      case "TaskApproved":
        return demand(task.askedUntil !== undefined, () => `V23: t${seq} is agreed to, and nobody was asked`);
      case "TaskEnded": {
        if (definition.kind !== "approval" || event.state !== "succeeded" || event.said === "marked") return;
        return demand(approved && before === "queued", () => `V23: t${seq} succeeds without a word`);
      }
      default:
    }
  }

  whole({ at }: Batch): void {
    for (const task of this.#asked) {
      if (task.askedUntil === undefined) this.#asked.delete(task);
      else {
        const late = at - task.askedUntil;
        this.#world.demand(late <= 0, () => `V23: t${task.seq} was to be answered ${late} ms ago`);
      }
    }
  }
}
