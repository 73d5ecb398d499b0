/**
 * A second server beside the simulated one, which only follows: each batch that becomes durable goes to its own store, and
 * then to its engine, some at a time. Now and then it begins anew from its store, as after a restart; at the end it leads.
 *
 * V32  What a follower holds in memory is what its tables say, whenever it began; and it can take over at any time.
 */
import { createPrng, type Prng } from "../../src/base/prng.ts";
import type { Batch } from "../../src/core/event.ts";
import { checkInvariants } from "../../src/core/invariants.ts";
import { loadState } from "../../src/core/load.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Log, Summary } from "../../src/engine/ports.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { demandEqual } from "./agreement.ts";
import { outsideOfFiles } from "./outside.ts";
import { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

/** Between a seed and that of the dice for this: what others draw stays the same. */
const DICE = 2 ** 41;
/** Share of the seeds that have one. */
const SHARE = 0.25;

export class Shadow {
  readonly #world: World;
  readonly #dice: Prng;
  readonly #store: Store = openStore(":memory:");
  readonly #process: SimProcess;
  readonly #engine: Engine;
  /** In the tables, and not in memory yet. */
  #pending: Batch[] = [];

  static of(world: World): Shadow | undefined {
    const dice = createPrng(world.seed + DICE);
    return dice.chance(SHARE) ? new Shadow(world, dice) : undefined;
  }

  constructor(world: World, dice: Prng) {
    this.#world = world;
    this.#dice = dice;
    this.#process = new SimProcess(world);
    const { journal, library, logs, artifacts } = this.#store;
    const { leaseMs, heartbeatMs, stretch } = world.options;
    this.#engine = new Engine({
      ...{
        journal,
        library,
        logs,
        artifacts,
        outside: outsideOfFiles,
        log: this.#log(),
        leaseMs,
        heartbeatMs,
        stretch,
      },
      clock: this.#process.clock(),
      version: "sim",
      dataDir: ":memory:",
      boot: "shadow",
      follower: true,
      resultBytesMax: 300,
      defaults: { timeoutMs: 0, retries: 0, workBytesMax: 100_000 },
      retention: { keepCount: 1e6, keepMs: 1e12, logKeepMs: 1e12, logBytesMax: 1e9 },
    });
  }

  appended(batch: Batch, summary: Summary): void {
    void this.#store.journal.append(batch, summary);
    this.#pending.push(JSON.parse(JSON.stringify(batch)) as Batch);
    const dice = this.#dice;
    if (dice.chance(0.02)) {
      this.#world.tell(() => "  the shadow begins anew");
      this.#pending = [];
      this.#engine.reload();
    } else if (dice.chance(0.6)) this.#follow();
    if (dice.chance(0.05)) this.#check();
  }

  #follow(): void {
    this.#engine.follow(this.#pending);
    this.#pending = [];
  }

  #check(): void {
    this.#follow();
    const now = this.#process.now();
    const loaded = loadState(this.#store.journal.load(), now, this.#world.options.leaseMs);
    const later = Math.max(now, loaded.now, this.#engine.state.now);
    demandEqual(
      this.#world,
      { "the follower": this.#engine.state, "its tables": loaded },
      { exact: false, now: later },
    );
  }

  /** It takes over, with whatever stands open. */
  end(): void {
    this.#check();
    this.#engine.lead();
    checkInvariants(this.#engine.state);
  }

  close(): void {
    this.#process.kill();
    this.#store.close();
  }

  #log(): Log {
    const tell = (fields: Record<string, unknown>, message: string): void =>
      this.#world.tell(() => `  shadow: ${message} ${JSON.stringify(fields)}`);
    const error = (fields: Record<string, unknown>, message: string): void =>
      this.#world.demand(false, () => `V32: ${message} ${String(fields["cause"])}`);
    return { debug: tell, info: tell, warn: tell, error };
  }
}
