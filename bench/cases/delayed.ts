/** What 1,000,000 tasks cost that are due in a day: memory for each, and what ten million of them would hold. */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atMost, type Case, scaled } from "../harness/case.ts";
import { collector, weigh } from "../harness/heap.ts";
import { ARM, counter, noop } from "../harness/octopus.ts";
import { perSecond } from "../harness/statistics.ts";

const STEP = 20_000;

export const delayed: Case = {
  name: "delayed",
  title: "1,000,000 delayed tasks: memory for each",
  async run(context) {
    const count = scaled(context, 1_000_000);
    const gc = collector();
    const dataDir = join(context.folder, "data");
    const open = () => Octopus.open({ dataDir, slots: 50, functions: { noop: counter().noop } });
    const octopus = await open();
    await octopus.configureArm(ARM, {});
    const empty = weigh(gc);
    const begun = performance.now();
    for (let from = 0; from < count; from += STEP) {
      await octopus.submitMany(
        Array.from({ length: Math.min(STEP, count - from) }, (_, i) => ({ ...noop(from + i), delay: 86_400_000 + i })),
      );
    }
    const rate = perSecond(count, performance.now() - begun);
    const full = weigh(gc);
    await octopus.close();
    const loading = performance.now();
    const again = await open();
    const loadMs = Math.round(performance.now() - loading);
    await again.close();
    const each = Math.round((full.heap - empty.heap) / count);
    return {
      figures: [
        { name: "heap for each", value: each, unit: "B", target: atMost(300) },
        { name: "heap of 10,000,000, by this", value: Math.round((each * 10_000_000) / 1e6), unit: "MB" },
        { name: "submitted", value: rate, unit: "/s" },
        { name: "start with all of them", value: Number((loadMs / 1000).toFixed(1)), unit: "s" },
      ],
      notes: [`${count} tasks with a delay of a day`],
    };
  },
};
