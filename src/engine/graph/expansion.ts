/**
 * The members of an `each`, made in stretches: each is evaluated when its stretch comes, so that a list of 100,000 items
 * costs no more memory than its items. After a restart the making goes on where it stood: what was made is durable.
 */
import type { Command, EndedTask } from "../../core/command.ts";
import type { State } from "../../core/state.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { Library } from "../ports.ts";
import type { StoredNode } from "../stored.ts";
import { lookUpCache } from "../submission.ts";
import { type Member, newMember, placeMembers, wordsOf } from "./new-tasks.ts";
import type { GraphOptions } from "./options.ts";
import { rejected } from "../refusals.ts";
import type { Turns } from "../turns.ts";
import type { Job, Steps } from "./steps.ts";

/** Members of one command. */
const STRETCH = 512;
/** Members that are evaluated in one step. */
const STEP = 16;
/** Stretches that wait for their turn. */
const FLYING_MAX = 3;

export interface ExpansionOptions {
  task: number;
  name: string;
  total: number;
  /** Members that are there already. */
  made: number;
  member(index: number): TaskSpec;
  /** The task lives, and was not opened again since. */
  isWanted(): boolean;
  /** It cannot be made any further. */
  failed(reason: string): void;
  /** All of it is made, or given up. */
  over(): void;
}

export class Expansion {
  readonly #world: GraphOptions;
  readonly #turns: Turns;
  readonly #steps: Steps;
  readonly #options: ExpansionOptions;
  /** Number of the next member to be evaluated. */
  #next: number;
  #flying = 0;
  #begun = false;
  #stopped = false;
  /** Its job waits for a stretch to land. */
  #waits = false;
  /** Members of an earlier time are there: those of now take their places. */
  readonly #again: boolean;

  constructor(world: GraphOptions, turns: Turns, steps: Steps, options: ExpansionOptions) {
    this.#world = world;
    this.#turns = turns;
    this.#steps = steps;
    this.#options = options;
    this.#next = options.made;
    this.#again = world.library.members(options.task, options.made, 1).length > 0;
  }

  start(): void {
    this.#steps.add(this.#make());
  }

  *#make(): Job {
    const { total, member, task, name } = this.#options;
    const { stretch = STRETCH } = this.#world;
    while (!this.#stopped && (this.#next < total || !this.#begun)) {
      if (this.#flying >= FLYING_MAX) {
        this.#waits = true;
        return;
      }
      const from = this.#next;
      const members: Member[] = [];
      while (members.length < stretch && from + members.length < total) {
        const index = from + members.length;
        members.push(newMember(task, `${name}[${index}]`, () => member(index), this.#world.preparation));
        if (members.length % STEP === 0) yield;
      }
      this.#next = from + members.length;
      this.#push(from, members);
    }
  }

  #push(from: number, members: readonly Member[]): void {
    this.#begun = true;
    this.#flying++;
    this.#turns.push({
      // The members of an earlier time are taken from the store (T6).
      alone: this.#again,
      command: (state) => (this.#stopped ? undefined : this.#command(state, from, members)),
      done: (reply) => {
        if (!reply.ok) this.#fail(rejected(reply.rejection, from).message);
        else if (reply.ignored === true) this.#stop();
        this.#landed();
      },
      // The journal failed, or the engine stops: what is missing is made after that.
      failed: () => this.#stop(),
    });
  }

  #command(state: State, from: number, members: readonly Member[]): Command | undefined {
    const { library, preparation, clock } = this.#world;
    const { task, total, isWanted } = this.#options;
    if (!isWanted()) {
      this.#stop();
      return undefined;
    }
    try {
      const tasks = placeMembers(members, state, preparation);
      lookUpCache(tasks, library, clock.now());
      const command: Extract<Command, { type: "ExpandTask" }> = { type: "ExpandTask", task, total, from, tasks };
      if (this.#again) Object.assign(command, this.#earlier(from, members.length));
      return command;
    } catch (error) {
      this.#fail(wordsOf(error));
      return undefined;
    }
  }

  /** Members of an earlier time: in the places of these, and (with the last of them) those for which there is no place now. */
  #earlier(from: number, count: number): { prior: Map<number, EndedTask>; surplus?: EndedTask[] } {
    const { library } = this.#world;
    const { task, total } = this.#options;
    const prior = new Map<number, EndedTask>();
    for (const [index, node] of library.members(task, from, count).entries()) {
      const ended = library.endedTask(node.task);
      if (ended !== undefined) prior.set(index, ended);
    }
    if (from + count < total) return { prior };
    return { prior, surplus: endedOf(library, library.members(task, total)) };
  }

  #landed(): void {
    this.#flying--;
    if (this.#stopped || (this.#next >= this.#options.total && this.#flying === 0)) return this.#stop();
    if (!this.#waits) return;
    this.#waits = false;
    this.start();
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
    this.#stop();
    this.#options.failed(reason);
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#options.over();
  }
}

function endedOf(library: Library, nodes: readonly StoredNode[]): EndedTask[] {
  return nodes.flatMap(({ task }) => library.endedTask(task) ?? []);
}
