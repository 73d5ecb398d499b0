/** Many tasks in one call of an embedded Octopus: validated, decided, and durable when the call answers. */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atLeast, type Case, scaled } from "../harness/case.ts";
import { ARM, noops } from "../harness/octopus.ts";
import { perSecond } from "../harness/statistics.ts";

export const submitBulkEmbedded: Case = {
  name: "submit-bulk-embedded",
  title: "submit in bulk, embedded",
  async run(context) {
    const count = scaled(context, 400_000);
    const calls = 4;
    const octopus = await Octopus.open({ dataDir: join(context.folder, "data"), functions: { noop: () => {} } });
    await octopus.configureArm(ARM, { enabled: false });
    const batches = Array.from({ length: calls }, (_, i) => noops(count / calls, (i * count) / calls));
    const begun = performance.now();
    for (const batch of batches) await octopus.submitMany(batch);
    const value = perSecond(count, performance.now() - begun);
    await octopus.close();
    return {
      figures: [{ name: "submitted", value, unit: "/s", target: atLeast(300_000), limit: "sqlite rows" }],
      notes: [`${calls} calls of ${count / calls} tasks`],
    };
  },
};
