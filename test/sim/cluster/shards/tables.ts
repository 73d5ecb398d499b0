/** The tables of a replica that holds nothing but the numbers of tasks, in order: what a shard needs, and a thousandth of its cost. */
import { Buffer } from "node:buffer";
import { assert } from "../../../../src/base/assert.ts";
import type { Applied, AppliedTurn, ReplicaTables, TablesCopy } from "../../../../src/cluster/replica-tables.ts";
import type { Event } from "../../../../src/core/event.ts";
import type { StoredState } from "../../../../src/core/load.ts";

export const NOWHERE: Applied = { seq: 0, term: 0, epoch: 0, chain: "" };

export class CountingTables implements ReplicaTables {
  tasks: readonly number[] = [];
  #at: Applied = NOWHERE;
  #begun: { tasks: readonly number[]; at: Applied } | undefined;

  applied(): Applied {
    return this.#at;
  }

  load(): StoredState {
    throw new Error("there is no state to load");
  }

  apply(turns: readonly AppliedTurn[], at: Applied): void {
    this.begin(turns, at);
    this.commit();
  }

  begin(turns: readonly AppliedTurn[], at: Applied): void {
    assert(this.#begun === undefined, "one transaction at a time");
    this.#begun = { tasks: [...this.tasks, ...turns.flatMap(({ batch }) => batch.events.map(taskOf))], at };
  }

  commit(): void {
    const { tasks, at } = this.#begun!;
    this.#begun = undefined;
    this.tasks = tasks;
    this.#at = at;
  }

  rollback(): void {
    this.#begun = undefined;
  }

  probe(): boolean {
    return true;
  }

  copy(): Promise<TablesCopy> {
    const bytes = Buffer.from(JSON.stringify({ at: this.#at, tasks: this.tasks }));
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    return Promise.resolve({ position: this.#at, format: 1, chunks, dispose: () => {} });
  }

  async replaceBy(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    const { at, tasks } = readCopy(Buffer.concat(all));
    this.#begun = undefined;
    this.tasks = tasks;
    this.#at = at;
  }

  clear(): void {
    this.#begun = undefined;
    this.tasks = [];
    this.#at = NOWHERE;
  }

  keepAside(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  artifacts(): Iterable<string> {
    return [];
  }

  artifactUsed(): boolean {
    return false;
  }
}

export function readCopy(bytes: Buffer): { at: Applied; tasks: readonly number[] } {
  return JSON.parse(bytes.toString()) as { at: Applied; tasks: readonly number[] };
}

/** An event that stands for a task. */
export function eventOf(task: number): Event {
  return { type: "Simulated", task } as unknown as Event;
}

function taskOf(event: Event): number {
  return (event as unknown as { task: number }).task;
}
