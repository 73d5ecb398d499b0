/**
 * What 1,000,000 queued tasks cost: memory and disk for each, and whether draining is as quick as with 10,000. Embedded,
 * so that the heap can be collected before it is weighed.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atLeast, atMost, type Case, scaled } from "../harness/case.ts";
import { collector, weigh } from "../harness/heap.ts";
import { ARM, counter, drained, noops } from "../harness/octopus.ts";
import { percentile, perSecond, watchCpu } from "../harness/statistics.ts";
import { waitFor } from "../harness/wait.ts";

const SMALL = 10_000;
const ROUNDS = 10;
const STEP = 20_000;

export const backlog: Case = {
  name: "backlog",
  title: "1,000,000 queued: memory and disk for each, drain rate",
  async run(context) {
    const count = scaled(context, 1_000_000);
    const gc = collector();
    const { noop, calls } = counter();
    const dataDir = join(context.folder, "data");
    const octopus = await Octopus.open({ dataDir, slots: 50, functions: { noop } });
    const enable = (enabled: boolean) => octopus.configureArm(ARM, { enabled });

    // With 10,000 queued: a round drains them all, and the first rounds only warm up.
    const rates: number[] = [];
    const cpus: number[] = [];
    for (let round = 0; round < 2 + ROUNDS; round++) {
      await enable(false);
      await octopus.submitMany(noops(SMALL));
      const cpu = watchCpu();
      const begun = performance.now();
      await enable(true);
      await drained(octopus, calls, (round + 1) * SMALL);
      if (round < 2) continue;
      rates.push(perSecond(SMALL, performance.now() - begun));
      cpus.push(cpu(SMALL));
    }
    const small = percentile(rates, 0.5);

    await enable(false);
    const empty = weigh(gc);
    const bytesBefore = octopus.status().databaseBytes;
    for (let from = 0; from < count; from += STEP) await octopus.submitMany(noops(Math.min(STEP, count - from)));
    const full = weigh(gc);
    const bytes = octopus.status().databaseBytes;

    // With 1,000,000 queued: as many as all the rounds together, so the backlog stays long.
    const portion = Math.min(SMALL * ROUNDS, count / 2);
    const before = calls();
    const cpu = watchCpu();
    const begun = performance.now();
    await enable(true);
    await waitFor("the drain of a part of the backlog", () => (calls() - before >= portion ? true : undefined));
    const large = perSecond(calls() - before, performance.now() - begun);
    const cpuLarge = cpu(calls() - before);
    await enable(false);
    await octopus.close();
    const file = statSync(join(dataDir, "octopus.db")).size;
    return {
      figures: [
        { name: "heap for each", value: Math.round((full.heap - empty.heap) / count), unit: "B", target: atMost(300) },
        { name: "RSS for each", value: Math.round((full.rss - empty.rss) / count), unit: "B" },
        { name: "disk for each", value: Math.round((bytes - bytesBefore) / count), unit: "B", target: atMost(350) },
        {
          name: "drain rate to that of 10,000",
          value: Number((large / small).toFixed(2)),
          unit: "ratio",
          target: atLeast(0.9),
        },
        { name: "drain, 10,000 queued", value: small, unit: "/s" },
        { name: "drain, all queued", value: large, unit: "/s" },
        { name: "CPU for each, 10,000 queued", value: percentile(cpus, 0.5), unit: "µs" },
        { name: "CPU for each, all queued", value: cpuLarge, unit: "µs" },
      ],
      notes: [`${count} queued, input of ~200 bytes; the file at the end: ${(file / 1e6).toFixed(0)} MB`],
    };
  },
};
