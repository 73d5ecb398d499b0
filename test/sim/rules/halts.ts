/**
 * V20  Nothing of a run that is paused, not completely submitted, or without its place in its group starts, nor of a run
 *      inside it. Never are more runs of a group admitted than it has places, and these go by number. No run and no list
 *      has more at work than its limit. What was half submitted when the server died is taken back and gets no more tasks.
 */
import type { Event } from "../../../src/core/event.ts";
import type { Rule } from "../book.ts";
import type { GraphBook, GraphRun, GraphTask } from "../graph-book.ts";
import type { World } from "../world.ts";

export class HaltRule implements Rule {
  readonly #world: World;
  readonly #graph: GraphBook;
  /** Runs that must be taken back. */
  readonly #torn = new Set<number>();

  constructor(world: World, graph: GraphBook) {
    this.#world = world;
    this.#graph = graph;
  }

  judge(event: Event): void {
    const { demand } = this.#world;
    switch (event.type) {
      case "RunCreated":
        return this.#created(event);
      case "RunAdmitted":
        return this.#admitted(this.#graph.runs.get(event.run)!);
      case "RunDropped": {
        const run = this.#graph.runs.get(event.run)!;
        this.#torn.delete(event.run);
        return demand(!run.sealed, () => `V20: r${event.run} was complete, and is taken back`);
      }
      case "RunSealed":
        return demand(!this.#torn.has(event.run), () => `V20: r${event.run} is sealed after a crash in its midst`);
      case "TaskSubmitted":
        return demand(!this.#torn.has(event.run ?? 0), () => `V20: r${event.run} gets t${event.task} after a crash`);
      case "AttemptStarted":
      case "TaskOpened": {
        const task = this.#graph.tasks.get(event.task);
        if (task !== undefined) this.#starts(task, event.type === "AttemptStarted");
        return;
      }
      default:
    }
  }

  restarted(): void {
    for (const { seq, sealed } of this.#graph.runs.values()) if (!sealed) this.#torn.add(seq);
  }

  unfinished(): string[] {
    return [...this.#graph.runs.values()].filter(({ sealed }) => !sealed).map(({ seq }) => `r${seq} is half submitted`);
  }

  *#ofGroup(name: string): Generator<GraphRun> {
    for (const run of this.#graph.runs.values()) {
      if (run.ended === undefined && run.group?.name === name) yield run;
    }
  }

  #created({ run, group }: Extract<Event, { type: "RunCreated" }>): void {
    if (group?.overlap !== "skip") return;
    const others = [...this.#ofGroup(group.name)].length;
    const { name, limit } = group;
    this.#world.demand(others < limit, () => `V20: r${run} is there, and ${name} has ${others} of ${limit} runs`);
  }

  #admitted(run: GraphRun): void {
    const { demand } = this.#world;
    const { name, limit } = run.group!;
    const others = [...this.#ofGroup(name)];
    const inside = others.filter(({ admitted }) => admitted).length;
    demand(inside < limit, () => `V20: r${run.seq} enters ${name}, where ${inside} of ${limit} are`);
    const isInLine = ({ seq }: GraphRun): boolean =>
      [...this.#graph.around(seq)].every((each) => each.seq === seq || each.admitted);
    const first = others.find((each) => !each.admitted && each.seq < run.seq && isInLine(each));
    demand(first === undefined, () => `V20: r${run.seq} enters ${name} before r${first?.seq}`);
  }

  /** An attempt, or a container. */
  #starts(task: GraphTask, isAttempt: boolean): void {
    const { demand } = this.#world;
    const { seq } = task;
    for (const run of this.#graph.around(task.run)) {
      demand(run.sealed, () => `V20: t${seq} starts, and r${run.seq} is not complete`);
      demand(run.admitted, () => `V20: t${seq} starts, and r${run.seq} waits for its place`);
      if (!isAttempt) continue;
      demand(!run.paused, () => `V20: t${seq} starts, and r${run.seq} is paused`);
      const { maxParallel: limit = Infinity } = run;
      if (limit === Infinity) continue;
      let count = 0;
      for (const { run: other } of this.#graph.live) {
        for (const around of this.#graph.around(other)) if (around === run) count++;
      }
      demand(count < limit, () => `V20: t${seq} starts, and ${count} of ${limit} of r${run.seq} run`);
    }
    this.#room(task);
  }

  /** The list around a member. */
  #room({ seq, definition: { inside } }: GraphTask): void {
    const list = inside === undefined ? undefined : this.#graph.tasks.get(inside);
    const limit = list?.definition.node?.maxParallel;
    // What had begun before a retry goes on, whoever else has its place.
    if (limit === undefined || list!.again) return;
    let count = 0;
    for (const member of this.#graph.membersOf(inside!)) {
      if (member.seq !== seq && member.state === "running") count++;
    }
    this.#world.demand(count < limit, () => `V20: t${seq} starts, and ${count} of ${limit} of t${inside} are at work`);
  }
}
