/**
 * A run of 100,000 tasks with 200,000 needs, embedded and durable: how long it takes to hand in, how fast it runs, what a
 * task that waits costs in memory, and whether a task of it costs more than one of a run of 1,000.
 */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atLeast, atMost, type Case, type Figure, scaled } from "../harness/case.ts";
import { collector, weigh } from "../harness/heap.ts";
import { perSecond, watchCpu } from "../harness/statistics.ts";
import { waitFor } from "../harness/wait.ts";
import { layered } from "../parts/graph.ts";

const SMALL = 1000;
/** Small runs of which the cost of a task is taken, after as many to warm up. */
const SMALL_RUNS = 30;
const ARM = "default";

export const graph: Case = {
  name: "graph",
  title: "a run of 100,000 tasks, 200,000 needs, embedded, 50 slots",
  async run(context) {
    const count = scaled(context, 100_000);
    const gc = collector();
    let calls = 0;
    const functions = { noop: () => void calls++ };
    const octopus = await Octopus.open({ dataDir: join(context.folder, "data"), slots: 50, functions });
    const over = async (tasks: number, before: number): Promise<void> => {
      await waitFor(`the run of ${tasks} tasks`, () => (calls - before >= tasks ? true : undefined), { everyMs: 1 });
      const open = ["blocked", "queued", "running"] as const;
      await waitFor("their end", () => (open.every((state) => !octopus.status().counts[state]) ? true : undefined), {
        everyMs: 1,
      });
    };
    const once = async (tasks: number, name: string): Promise<void> => {
      const before = calls;
      await octopus.engine.submitRun(layered(tasks, name));
      await over(tasks, before);
    };

    for (let n = 0; n < SMALL_RUNS; n++) await once(SMALL, `warm-${n}`);
    let cpu = watchCpu();
    for (let n = 0; n < SMALL_RUNS; n++) await once(SMALL, `small-${n}`);
    const cpuSmall = cpu(SMALL * SMALL_RUNS);

    await octopus.configureArm(ARM, { enabled: false });
    const before = calls;
    const empty = weigh(gc);
    let run = layered(count);
    cpu = watchCpu();
    let begun = performance.now();
    await octopus.engine.submitRun(run);
    const submitted = performance.now() - begun;
    const cpuSubmit = cpu(count);
    run = { workflow: "", tasks: [] };
    const full = weigh(gc);
    begun = performance.now();
    cpu = watchCpu();
    await octopus.configureArm(ARM, { enabled: true });
    await over(count, before);
    const ran = performance.now() - begun;
    const cpuRun = cpu(count);
    await octopus.close();
    const figures: Figure[] = [
      { name: "submitted", value: Number((submitted / 1000).toFixed(2)), unit: "s", target: atMost(2) },
      {
        name: "submitted",
        value: perSecond(count, submitted),
        unit: "/s",
        limit: "sqlite rows",
      },
      {
        name: "run",
        value: perSecond(count, ran),
        unit: "/s",
        target: atLeast(50_000),
        limit: "sqlite rows, 50 a commit",
      },
      {
        name: "heap for each that waits",
        value: Math.round((full.heap - empty.heap) / count),
        unit: "B",
        target: atMost(600),
      },
      { name: "CPU for each, submitted and run", value: cpuSubmit + cpuRun, unit: "µs" },
      {
        name: `the same against runs of ${SMALL}`,
        value: Number(((cpuSubmit + cpuRun) / cpuSmall).toFixed(2)),
        unit: "ratio",
        target: atMost(1.3),
      },
    ];
    return { figures, notes: [`${count} tasks in layers, two needs each; no-op functions`] };
  },
};
