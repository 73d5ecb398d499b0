/**
 * V21  A list has as many members as it has items, and ends with the last of them as they say: failed when one failed
 *      without leave, else succeeded, and with a mark when one had leave. With `failFast` nobody goes on waiting after the
 *      first failure. A task that holds a run ends as that run. What has ended holds nothing that lives.
 */
import { isEnded, type TaskState } from "../../../src/base/words.ts";
import type { Batch, Event } from "../../../src/core/event.ts";
import type { EachWork } from "../../../src/protocol/node.ts";
import type { Rule } from "../book.ts";
import type { GraphBook, GraphRun, GraphTask } from "../graph-book.ts";
import type { World } from "../world.ts";

type Ended = Extract<Event, { type: "TaskEnded" }>;

export class ContainerRule implements Rule {
  readonly #world: World;
  readonly #graph: GraphBook;

  constructor(world: World, graph: GraphBook) {
    this.#world = world;
    this.#graph = graph;
  }

  judge(event: Event, _at: number, _before: TaskState | undefined): void {
    const { demand } = this.#world;
    const task = "task" in event && typeof event.task === "number" ? this.#graph.tasks.get(event.task) : undefined;
    if (task === undefined) return;
    const { seq, definition } = task;
    if (event.type === "TaskOpened") {
      const items = this.#items(task);
      demand(items === undefined || items === event.total, () => `V21: t${seq} has ${items} items, not ${event.total}`);
    } else if (event.type === "TaskExpanded") {
      const members = [...this.#graph.membersOf(seq)].filter(({ state }) => state !== "skipped" || true).length;
      demand(event.made <= task.total!, () => `V21: t${seq} has ${event.made} of ${task.total} members`);
      demand(members >= event.made, () => `V21: t${seq} says ${event.made} members and has ${members}`);
    } else if (event.type === "TaskEnded" && task.total !== undefined && event.said !== "marked") {
      if (definition.kind === "each") this.#endsList(task, event);
      else if (definition.kind === "workflow") this.#endsHolder(task, event);
    } else if (event.type === "AttemptStarted") {
      const kind = definition.kind;
      demand(!["each", "workflow", "approval"].includes(kind), () => `V21: t${seq}, a ${kind}, went to a worker`);
    }
  }

  whole({ events }: Batch): void {
    for (const event of events) {
      const task = "task" in event && typeof event.task === "number" ? this.#graph.tasks.get(event.task) : undefined;
      if (task === undefined) continue;
      const inside = task.definition.inside;
      const list = inside === undefined ? undefined : this.#graph.tasks.get(inside);
      if (list !== undefined) this.#check(list);
      if (task.total !== undefined) this.#check(task);
    }
  }

  /** At the end of a batch. */
  #check(task: GraphTask): void {
    const { demand } = this.#world;
    const { seq, definition, state, total, made, again } = task;
    const members = [...this.#graph.membersOf(seq)];
    const live = members.filter((member) => !isEnded(member.state));
    const run = this.#held(task);
    if (isEnded(state)) {
      demand(live.length === 0, () => `V21: t${seq} is ${state}, and t${live[0]?.seq} in it is ${live[0]?.state}`);
      const open = run !== undefined && run.ended === undefined;
      return demand(!open, () => `V21: t${seq} is ${state}, and r${run?.seq} in it has not ended`);
    }
    if (definition.kind !== "each" || total === undefined) return;
    demand(live.length > 0 || made < total, () => `V21: all members of t${seq} have ended, and it is ${state}`);
    if (definition.node?.failFast !== true || again || !members.some(isFailed)) return;
    const waiting = live.find((member) => member.state !== "running");
    demand(waiting === undefined, () => `V21: a member of t${seq} has failed, and t${waiting?.seq} goes on waiting`);
  }

  #endsList({ seq, total, made, again }: GraphTask, { state, reason = "", allowed }: Ended): void {
    const { demand } = this.#world;
    const members = [...this.#graph.membersOf(seq)];
    const failed = members.some(isFailed);
    if (state === "succeeded") {
      const whole = made === total && (members.length === total || again);
      demand(whole, () => `V21: t${seq} succeeds with ${made} (${members.length}) of ${total} members`);
      demand(!failed, () => `V21: t${seq} succeeds, and t${members.find(isFailed)?.seq} in it failed`);
      const marked = members.some((member) => member.allowed);
      demand((allowed === true) === marked, () => `V21: t${seq} succeeds ${allowed ? "with" : "without"} a mark`);
    }
    const said = /^(\d+) of (\d+) failed/.exec(reason);
    if (said !== null) {
      const count = members.filter(isFailed).length;
      // Those that were not made anew before it ended stand there as the try before has left them, and are not counted.
      const isRight = Number(said[2]) === total && (again ? Number(said[1]) <= count : Number(said[1]) === count);
      demand(
        failed && isRight && state === "failed",
        () => `V21: t${seq} is ${state}: ${reason}; ${count} members failed`,
      );
    }
  }

  #endsHolder(task: GraphTask, { state, allowed, reason }: Ended): void {
    const { demand } = this.#world;
    const run = this.#held(task);
    if (state !== "succeeded" && run?.ended === undefined) return;
    const said = run?.ended;
    const right =
      said === "succeeded" || said === "partial"
        ? state === "succeeded" && (allowed === true) === (said === "partial")
        : state === "failed" ||
          (state === "cancelled" && said === "cancelled") ||
          (said === "failed" && state === "cancelled");
    demand(right, () => `V21: t${task.seq} is ${state} (${reason}), and r${run?.seq} in it ${said}`);
  }

  /** The newest run that it holds. */
  #held({ seq, definition }: GraphTask): GraphRun | undefined {
    if (definition.kind !== "workflow") return undefined;
    let newest: GraphRun | undefined;
    for (const run of this.#graph.runs.values()) if (run.parent === seq) newest = run;
    return newest;
  }

  /** How many items its list has, as its file and what is known of other tasks say; undefined = it cannot be told. */
  #items({ run, definition, work, again }: GraphTask): number | undefined {
    if (definition.kind !== "each") return 1;
    const { items } = (JSON.parse(work) as { each: EachWork }).each;
    if (Array.isArray(items)) return items.length;
    const name = /^\$\{\{ tasks\.(\w+)\.result \}\}$/.exec(typeof items === "string" ? items : "")?.[1];
    const result = name === undefined || again ? undefined : this.#graph.named(run, name)?.result;
    const list: unknown = result === undefined ? undefined : JSON.parse(result);
    return Array.isArray(list) ? list.length : undefined;
  }
}

function isFailed({ state, allowed }: GraphTask): boolean {
  return isEnded(state) && state !== "succeeded" && state !== "skipped" && !allowed;
}
