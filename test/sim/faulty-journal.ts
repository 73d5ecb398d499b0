/**
 * The journal of the store with everything that can go wrong around it: no room, an error for no reason, a crash before the
 * batch is durable, and one after it, when nobody has been told. It may also answer later, as one over a network does.
 */
import { OctopusError } from "../../src/base/errors.ts";
import type { Batch } from "../../src/core/event.ts";
import type { StoredState } from "../../src/core/load.ts";
import type { Journal, Summary } from "../../src/engine/ports.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

interface Hooks {
  /** The engine begins, or begins again, with this. */
  loaded(stored: StoredState): void;
  /** The batch is durable. */
  appended(batch: Batch, summary: Summary): void;
  crash(why: string): void;
  /** An append is under way. */
  pending(isSo: boolean): void;
  /** Why nothing can be written now, if so. */
  failure(): OctopusError | undefined;
}

export function faultyJournal(world: World, journal: Journal, process: SimProcess, hooks: Hooks): Journal {
  const { prng, options } = world;
  const chance = (probability: number): boolean => probability > 0 && !world.healed && prng.chance(probability);

  function append(batch: Batch, summary: Summary): void {
    process.spend(prng.next() * 2);
    const failure = hooks.failure();
    if (failure !== undefined) throw failure;
    if (chance(options.appendError))
      throw new OctopusError("storage_failed", "the simulated disk said no", { retryable: true });
    if (chance(options.crashBeforeAppend)) {
      hooks.crash("before an append");
      throw new Error("the process is gone");
    }
    // What was appended went through JSON, as events on a network or in a file do.
    const copy = JSON.parse(JSON.stringify(batch)) as Batch;
    // What changed can be asked for once, and two write it.
    const whole = { ...summary, meters: [...summary.meters] };
    void journal.append(batch, whole);
    hooks.appended(copy, whole);
    if (chance(options.crashAfterAppend)) {
      hooks.crash("after an append");
      throw new Error("the process is gone");
    }
  }

  function appendLater(batch: Batch, summary: Summary): Promise<void> {
    hooks.pending(true);
    return new Promise<void>((resolve, reject) => {
      const before = prng.next() * 5;
      const after = prng.next() * 5;
      process.after(before, () => {
        try {
          append(batch, summary);
          process.after(after, resolve);
        } catch (error) {
          process.after(after, () => reject(error));
        }
      });
    }).finally(() => hooks.pending(false));
  }

  return {
    load() {
      const stored = journal.load();
      // The rows are read once, and two ask for them.
      const whole = { ...stored, tasks: [...stored.tasks] };
      hooks.loaded(whole);
      return whole;
    },
    append: options.asyncAppend ? appendLater : append,
    probe: () => hooks.failure() === undefined && (options.store === "memory" || journal.probe()),
  };
}
