/** Lets a simulated world happen, one thing after the other, until its simulation is done; then has it judged. */
import { Violation, type World } from "./world.ts";

/** What became of one seed. */
export interface Outcome {
  seed: number;
  /** Steps of the queue that were run, and virtual milliseconds that passed. */
  steps: number;
  virtualMs: number;
  tasks: number;
  /** How often the things that `World.count` was told of came about. */
  did: ReadonlyMap<string, number>;
  /** What was wrong, and at which step; absent = nothing. */
  failure?: string;
}

/** What is simulated. */
export interface Simulated {
  /** Tasks that there were. */
  readonly tasks: number;
  /** Everything that is to happen has happened. */
  done(): boolean;
  /** Throws when what it came to is wrong. */
  checkEnd(): void | Promise<void>;
  close(): void;
}

/** Ends with the first failure, wherever it comes from: a step, a promise that nobody waited for, the end. */
export async function runWorld(world: World, begin: (fail: (error: unknown) => void) => Simulated): Promise<Outcome> {
  let failure: string | undefined;
  const fail = (error: unknown): void => {
    failure ??= `step ${world.steps}, ${(world.time.now / 1000).toFixed(3)} s: ${describe(error)}`;
  };
  process.on("unhandledRejection", fail);
  let simulation: Simulated | undefined;
  try {
    simulation = begin(fail);
    while (failure === undefined && !simulation.done()) {
      world.steps++;
      if (!world.time.step()) throw new Violation("nothing is left to happen");
      // Lets every promise settle that this step has kept.
      await new Promise(setImmediate);
      if (world.failure !== undefined) fail(world.failure);
    }
    if (failure === undefined) await simulation.checkEnd();
  } catch (error) {
    fail(world.failure ?? error);
  } finally {
    process.off("unhandledRejection", fail);
    simulation?.close();
  }
  const { seed, steps, did } = world;
  const tasks = simulation?.tasks ?? 0;
  const outcome: Outcome = { seed, steps, virtualMs: Math.round(world.time.now), tasks, did };
  return failure === undefined ? outcome : { ...outcome, failure };
}

function describe(error: unknown): string {
  if (error instanceof Violation) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
