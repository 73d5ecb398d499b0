/** Tasks whose result is there already: they end when they are accepted, without a slot. */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { type Case, scaled } from "../harness/case.ts";
import { ARM, counter, input } from "../harness/octopus.ts";
import { perSecond, watchCpu } from "../harness/statistics.ts";
import { waitFor } from "../harness/wait.ts";

/** Different results. */
const RESULTS = 100;

export const cacheHits: Case = {
  name: "cache-hits",
  title: "results from the cache, embedded",
  async run(context) {
    const count = scaled(context, 100_000);
    const { noop, calls } = counter();
    const octopus = await Octopus.open({ dataDir: join(context.folder, "data"), slots: 50, functions: { noop } });
    await octopus.configureArm(ARM, {});
    const task = (n: number) => ({ call: "noop", input: input(n % RESULTS), arm: ARM, cache: true as const });
    const succeeded = (): number => octopus.status().counts.succeeded ?? 0;
    await octopus.submitMany(Array.from({ length: RESULTS }, (_, n) => task(n)));
    await waitFor("the first results", () => (succeeded() === RESULTS ? true : undefined));
    const cpu = watchCpu();
    const begun = performance.now();
    await octopus.submitMany(Array.from({ length: count }, (_, n) => task(n)));
    await waitFor("the hits", () => (succeeded() === RESULTS + count ? true : undefined), { everyMs: 1 });
    const value = perSecond(count, performance.now() - begun);
    const cpuOfEach = cpu(count);
    await octopus.close();
    const share = Number(((calls() - RESULTS) / count).toFixed(4));
    return {
      figures: [
        { name: "hits", value, unit: "/s" },
        { name: "CPU for each", value: cpuOfEach, unit: "µs" },
        { name: "run all the same", value: share, unit: "%", target: { at: 0, better: "less" } },
      ],
      notes: [`${count} tasks, ${RESULTS} results; submission and end together`],
    };
  },
};
