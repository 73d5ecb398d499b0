/**
 * A run of 100,000 tasks with 200,000 needs, embedded and durable: how long it takes to hand in, how fast it runs, what a
 * task that waits costs in memory, and whether a task of it costs more than one of a run of 1,000. A result is durable
 * before what needs it starts, so with few slots the rate is that of the commits: it is measured with 50 and with 1,000.
 */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atLeast, atMost, type Case, type Figure, scaled } from "../harness/case.ts";
import { collector, weigh } from "../harness/heap.ts";
import { median, perSecond, watchCpu } from "../harness/statistics.ts";
import { waitFor } from "../harness/wait.ts";
import { layered } from "../parts/graph.ts";

const SMALL = 1000;
/** Small runs to warm up. */
const WARM_UP = 30;
/** Rounds in which as many tasks go in small runs and in a large one. */
const ROUNDS = 3;
const ARM = "default";
const LOOK = { everyMs: 1 };

class Graphs implements AsyncDisposable {
  readonly octopus: Octopus;
  readonly #calls: () => number;

  private constructor(octopus: Octopus, calls: () => number) {
    this.octopus = octopus;
    this.#calls = calls;
  }

  static async open(dataDir: string, slots: number): Promise<Graphs> {
    let calls = 0;
    const functions = { noop: () => void calls++ };
    return new Graphs(await Octopus.open({ dataDir, slots, functions }), () => calls);
  }

  /** Runs of so many tasks, one after the other, each of another name; the CPU time of a task. */
  async runs(tasks: number, times: number): Promise<number> {
    const cpu = watchCpu();
    for (let n = 0; n < times; n++) {
      const before = this.#calls();
      await this.octopus.engine.submitRun(layered(tasks, `layered-${before}`));
      await this.#over(tasks, before);
    }
    return cpu(tasks * times);
  }

  /** Hands the run in while nothing starts; milliseconds. */
  async submit(tasks: number): Promise<number> {
    await this.octopus.configureArm(ARM, { enabled: false });
    const run = layered(tasks);
    const begun = performance.now();
    await this.octopus.engine.submitRun(run);
    return performance.now() - begun;
  }

  /** Lets what waits run; milliseconds. */
  async drain(tasks: number): Promise<number> {
    const before = this.#calls();
    const begun = performance.now();
    await this.octopus.configureArm(ARM, { enabled: true });
    await this.#over(tasks, before);
    return performance.now() - begun;
  }

  async #over(tasks: number, before: number): Promise<void> {
    await waitFor(`the run of ${tasks} tasks`, () => (this.#calls() - before >= tasks ? true : undefined), LOOK);
    const open = ["blocked", "queued", "running"] as const;
    const isOver = (): boolean => open.every((state) => !this.octopus.status().counts[state]);
    await waitFor("their end", () => (isOver() ? true : undefined), LOOK);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.octopus.close();
  }
}

async function rateWith(slots: number, dataDir: string, count: number): Promise<number> {
  await using graphs = await Graphs.open(dataDir, slots);
  await graphs.runs(SMALL, WARM_UP);
  await graphs.submit(count);
  return perSecond(count, await graphs.drain(count));
}

export const graph: Case = {
  name: "graph",
  title: "a run of 100,000 tasks, 200,000 needs, embedded",
  async run(context) {
    const count = scaled(context, 100_000);
    const gc = collector();
    const rate = await rateWith(1000, join(context.folder, "wide"), count);

    await using graphs = await Graphs.open(join(context.folder, "data"), 50);
    await graphs.runs(SMALL, WARM_UP);
    const small: number[] = [];
    const large: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      small.push(await graphs.runs(SMALL, count / SMALL));
      large.push(await graphs.runs(count, 1));
    }
    const empty = weigh(gc);
    const submitted = await graphs.submit(count);
    const full = weigh(gc);
    const ran = await graphs.drain(count);

    const limit = "sqlite rows, 50 a commit";
    const heap = Math.round((full.heap - empty.heap) / count);
    const ratio = Number((median(large) / median(small)).toFixed(2));
    const figures: Figure[] = [
      { name: "submitted", value: Number((submitted / 1000).toFixed(2)), unit: "s", target: atMost(2) },
      { name: "submitted", value: perSecond(count, submitted), unit: "/s", limit: "sqlite rows" },
      { name: "run, 1,000 slots", value: rate, unit: "/s", target: atLeast(50_000), limit: "sqlite rows" },
      { name: "run, 50 slots", value: perSecond(count, ran), unit: "/s", limit },
      { name: "heap for each that waits", value: heap, unit: "B", target: atMost(600) },
      { name: "CPU for each, submitted and run", value: median(large), unit: "µs" },
      { name: `the same against runs of ${SMALL}`, value: ratio, unit: "ratio", target: atMost(1.3) },
    ];
    return { figures, notes: [`${count} tasks in layers, two needs each; no-op functions`] };
  },
};
