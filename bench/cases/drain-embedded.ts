/** 200,000 no-op tasks that wait in a durable store, drained by an Octopus embedded in this process. */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atLeast, type Case, scaled } from "../harness/case.ts";
import { ARM, counter, drained, noops } from "../harness/octopus.ts";
import { perSecond, watchCpu } from "../harness/statistics.ts";

export const drainEmbedded: Case = {
  name: "drain-embedded",
  title: "drain, embedded in one process, 50 slots",
  async run(context) {
    const count = scaled(context, 200_000);
    const { noop, calls } = counter();
    const octopus = await Octopus.open({ dataDir: join(context.folder, "data"), slots: 50, functions: { noop } });
    await octopus.configureArm(ARM, { enabled: false });
    await octopus.submitMany(noops(count));
    const cpu = watchCpu();
    const begun = performance.now();
    await octopus.configureArm(ARM, { enabled: true });
    await drained(octopus, calls, count);
    const value = perSecond(count, performance.now() - begun);
    const cpuOfEach = cpu(count);
    await octopus.close();
    return {
      figures: [
        { name: "drained", value, unit: "/s", target: atLeast(100_000), limit: "sqlite rows, 50 a commit" },
        { name: "CPU for each", value: cpuOfEach, unit: "µs" },
      ],
      notes: [`${count} tasks`],
    };
  },
};
