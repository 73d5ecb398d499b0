/**
 * V31  Of a task for all workers each worker that was online, took work and fitted all the time since its turn had come gets
 *      exactly one, bound to it; nobody gets two, and nobody who was not here.
 */
import type { Event } from "../../../src/core/event.ts";
import type { WorkerJoined } from "../../../src/core/fleet/events.ts";
import type { TaskDefinition } from "../../../src/core/task-events.ts";
import { Worker } from "../../../src/core/fleet/worker.ts";
import type { State } from "../../../src/core/state.ts";
import type { Turn } from "../../../src/core/turn.ts";
import type { EachWork } from "../../../src/protocol/node.ts";
import type { TaskSpec } from "../../../src/protocol/task.ts";
import type { Book, Rule } from "../book.ts";
import { isAway, isOfSort } from "../placement-judge.ts";
import type { World } from "../world.ts";

/** A task for all workers. */
interface Whole {
  /** The turn in which its own turn had come. */
  since: number;
  /** In which it was: a member that names none stays where its type went, wherever the whole is moved to. */
  arms: string[];
  member: TaskSpec;
  names: readonly string[] | undefined;
  /** Its members by number, with the workers to which they are bound. */
  members: Map<number, string | undefined>;
}

/** A worker that has been online since a turn. */
interface Online {
  since: number;
  session: number;
  seenAt: number;
}

export class AllWorkersRule implements Rule {
  readonly #world: World;
  readonly #book: Book;
  readonly #wholes = new Map<number, Whole>();
  readonly #joined = new Map<string, WorkerJoined>();
  /** What workers were before they came anew, and until which turn. */
  readonly #were: { joined: WorkerJoined; until: number }[] = [];
  readonly #online = new Map<string, Online>();
  /** Arms that took tasks of a type at some time: a member that names none goes where its type goes when it is made. */
  readonly #routes = new Map<string, string[]>();
  #turn = 0;

  constructor(world: World, book: Book) {
    this.#world = world;
    this.#book = book;
  }

  judge(event: Event): void {
    switch (event.type) {
      case "WorkerJoined": {
        const joined = this.#joined.get(event.worker);
        if (joined !== undefined) this.#were.push({ joined, until: this.#turn });
        this.#joined.set(event.worker, event);
        // What it can do may be other than it was.
        this.#online.delete(event.worker);
        return;
      }
      case "TaskReopened":
        // A member of an earlier time for which there is no place now comes back for a moment, to end.
        if (event.brief !== true) return this.#opened(event.task, event);
        for (const { members } of this.#wholes.values()) members.delete(event.task);
        return;
      case "ArmConfigured":
        for (const type of event.types ?? []) this.#routes.set(type, [...(this.#routes.get(type) ?? []), event.arm]);
        return;
      case "TaskSubmitted":
        return this.#opened(event.task, event);
      case "TaskReady":
        return this.#with(event.task, (whole) => {
          whole.since = this.#turn;
        });
      case "TaskMoved":
        return this.#with(event.task, (whole) => {
          whole.arms.push(event.arm);
        });
      case "TaskPrepared": {
        const { work } = event;
        if (work !== undefined) this.#with(event.task, (whole) => this.#chosen(event.task, whole, work));
        return;
      }
      case "TaskEnded":
        return this.#with(event.task, (whole) => this.#ended(event.task, whole, event));
      default:
    }
  }

  #with(seq: number, change: (whole: Whole) => void): void {
    const whole = this.#wholes.get(seq);
    if (whole !== undefined) change(whole);
  }

  #opened(seq: number, { inside, worker, kind, arm, node }: TaskDefinition): void {
    if (kind === "each" && node?.workers === true) {
      const { each } = JSON.parse(this.#book.tasks.get(seq)!.work) as { each: EachWork };
      const names = each.items as string[] | undefined;
      const { members = new Map<number, string | undefined>(), arms = [] } = this.#wholes.get(seq) ?? {};
      this.#wholes.set(seq, { since: this.#turn, arms: [...arms, arm], member: each.task, names, members });
      this.#world.count("tasks for all workers");
    } else if (inside !== undefined) {
      this.#with(inside, (whole) => {
        const { demand } = this.#world;
        demand(
          worker !== undefined && whole.names?.includes(worker),
          () => `V31: t${seq} in t${inside} is for ${worker}, which is none of ${whole.names?.join()}`,
        );
        whole.members.set(seq, worker);
        this.#world.count("tasks for one of all workers");
      });
    }
  }

  /** The list is made. */
  #chosen(seq: number, whole: Whole, work: string): void {
    const { demand } = this.#world;
    const { items } = (JSON.parse(work) as { each: EachWork }).each;
    const names = items as string[];
    demand(new Set(names).size === names.length, () => `V31: t${seq} names a worker twice: ${names.join()}`);
    for (const name of names) {
      demand(
        this.#fits(name, whole, false) || this.#fitted(name, whole),
        () => `V31: t${seq} is for ${name}, which was never here or does not fit`,
      );
    }
    const left = this.#faithful(whole).find((name) => !names.includes(name));
    demand(
      left === undefined,
      () => `V31: t${seq} is for ${names.join()}, and not for ${left}, which is online and fits`,
    );
    whole.names = names;
  }

  #ended(seq: number, whole: Whole, { state, reason = "" }: Extract<Event, { type: "TaskEnded" }>): void {
    const { demand } = this.#world;
    if (/^no worker is online|^none of the \d+ workers|^the one worker that is online/.test(reason)) {
      const left = this.#faithful(whole)[0];
      demand(left === undefined, () => `V31: t${seq} is for nobody, and ${left} is online and fits`);
      this.#world.count("tasks for all workers that nobody gets");
    }
    const { names, members } = whole;
    if (state !== "succeeded" || names === undefined || !/^$|of \d+ failed/.test(reason)) return;
    const bound = [...members].filter(([member]) => !this.#book.deleted.has(member)).map(([, worker]) => worker);
    demand(new Set(bound).size === bound.length, () => `V31: t${seq} has two tasks for one worker: ${bound.join()}`);
  }

  /** Workers that were online all the time, and fit. */
  #faithful(whole: Whole): string[] {
    return [...this.#online]
      .filter(([name, { since }]) => since < whole.since && this.#fits(name, whole, true))
      .map(([name]) => name);
  }

  /** `every`: in whichever arm it may be, else in one of these. */
  #fits(name: string, { member, arms: own }: Whole, every: boolean, joined = this.#joined.get(name)): boolean {
    if (joined === undefined) return false;
    const { kind, work, resources, units, target } = member;
    const requires = { kind, resources, units, target, handler: work.kind === "call" ? work.call : undefined };
    const worker = workerOf(joined);
    const arms = member.arm === undefined ? [...own, ...(this.#routes.get(member.type) ?? [])] : [member.arm];
    const isOf = (one: string): boolean => isOfSort(worker, requires, one);
    return every ? arms.every(isOf) : arms.some(isOf);
  }

  /** It was one that fits when its turn had come, or after that: the list is made outside of turns. */
  #fitted(name: string, whole: Whole): boolean {
    return this.#were.some(
      ({ joined, until }) => joined.worker === name && until >= whole.since && this.#fits(name, whole, false, joined),
    );
  }

  turned(state: State, { now }: Turn): void {
    if (this.#world.options.wishes.all === 0) return;
    const online = this.#online;
    for (const [name] of online) if (!state.workers.has(name)) online.delete(name);
    for (const worker of state.workers.values()) {
      const { name, session, lastSeenAt } = worker;
      const known = online.get(name);
      if (isAway(worker, now)) online.delete(name);
      else if (known === undefined || known.session !== session || lastSeenAt - known.seenAt > 60_000)
        online.set(name, { since: this.#turn, session, seenAt: lastSeenAt });
      else known.seenAt = lastSeenAt;
    }
    this.#turn++;
  }

  /** Nobody is connected then, and what was being chosen is chosen anew. */
  restarted(): void {
    this.#online.clear();
  }
}

function workerOf({ worker: name, ...joined }: WorkerJoined): Worker {
  const worker = new Worker(name);
  worker.kinds = new Set(joined.kinds);
  worker.functions = new Set(joined.functions);
  worker.resources = joined.resources;
  worker.units = joined.units;
  worker.labels = joined.labels ?? {};
  worker.arms = joined.arms === undefined ? undefined : new Set(joined.arms);
  return worker;
}
