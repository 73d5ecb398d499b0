/**
 * A reader of the feed, such as a dashboard: it keeps the newest state of each task that it hears of, loses its connection
 * now and then and comes back with the id of the last entry it saw. In the end it must know what the store knows.
 */
import type { Engine } from "../../src/engine/engine.ts";
import type { FeedEntry } from "../../src/protocol/feed.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

export class Screen {
  readonly #world: World;
  readonly #server: Host;
  readonly #states = new Map<string, string>();
  #engine: Engine | undefined;
  #open = false;
  #lastId: string | undefined;
  #stop: () => void = () => {};

  constructor(world: World, server: Host) {
    this.#world = world;
    this.#server = server;
    this.#connect();
  }

  #connect(): void {
    const { prng } = this.#world;
    const { engine } = this.#server;
    this.#stop();
    this.#engine = engine;
    this.#open = true;
    this.#stop = engine?.subscribe(this.#lastId, (entries) => this.#see(entries)) ?? (() => {});
    if (engine !== undefined && this.#lastId === undefined) this.#readAgain(engine);
    this.#world.time.after(this.#world.around(500), () => {
      if (!this.#world.healed && prng.chance(0.5)) {
        this.#stop();
        this.#open = false;
      }
      this.#world.time.after(this.#world.healed ? 1 : prng.next() * 1000, () => this.#connect());
    });
  }

  #see(entries: readonly FeedEntry[]): void {
    for (const { id, event } of entries) {
      this.#lastId = id;
      if (event.type === "task") this.#states.set(event.id, event.state);
      else if (event.type === "task_deleted") this.#states.delete(event.id);
      else if (event.type === "resync") this.#readAgain(this.#engine!);
    }
  }

  #readAgain(engine: Engine): void {
    this.#states.clear();
    for (let cursor: string | undefined; ;) {
      const { items, next } = engine.tasks({ limit: 1000, ...(cursor !== undefined && { cursor }) });
      for (const { id, state } of items) this.#states.set(id, state);
      if (next === undefined) return;
      cursor = next;
    }
  }

  /** True when it hears the server that stands now. */
  get isUpToDate(): boolean {
    return this.#open && this.#engine !== undefined && this.#engine === this.#server.engine;
  }

  check(): void {
    const stored = new Map<string, string>();
    for (let cursor: string | undefined; ;) {
      const { items, next } = this.#engine!.tasks({ limit: 1000, ...(cursor !== undefined && { cursor }) });
      for (const { id, state } of items) stored.set(id, state);
      if (next === undefined) break;
      cursor = next;
    }
    for (const [id, state] of stored) {
      const seen = this.#states.get(id);
      this.#world.demand(seen === state, () => `a screen shows ${id} as ${seen ?? "nothing"}, and it is ${state}`);
    }
  }
}
