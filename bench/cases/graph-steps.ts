/** 40 functions of about 10 ms one after the other, as one run: how much longer that takes than the functions alone. */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import { atMost, type Case } from "../harness/case.ts";
import { median } from "../harness/statistics.ts";

const STEPS = 40;
const STEP_MS = 10;
const WARM_UP = 3;

function steps(): TaskSpec[] {
  const work = { kind: "call", call: "compute" } as const;
  return Array.from({ length: STEPS }, (_, n) => {
    return { id: `n${n}`, type: "compute", kind: "call", work, ...(n > 0 && { needs: [`n${n - 1}`] }) };
  });
}

export const graphSteps: Case = {
  name: "graph-steps",
  title: "40 functions of 10 ms, one after the other, embedded",
  async run({ folder, quick }) {
    let computed = 0;
    /** Computes until its time is over, and notes how long that was. */
    const compute = (): void => {
      const begun = performance.now();
      while (performance.now() - begun < STEP_MS);
      computed += performance.now() - begun;
    };
    const octopus = await Octopus.open({ dataDir: join(folder, "data"), slots: 4, functions: { compute } });
    const ratios: number[] = [];
    const overheads: number[] = [];
    for (let round = 0; round < (quick ? 2 : 10) + WARM_UP; round++) {
      computed = 0;
      const begun = performance.now();
      const { id } = await octopus.engine.submitRun({ workflow: "steps", tasks: steps() });
      const run = await octopus.engine.waitRun(id, 60_000);
      const took = performance.now() - begun;
      if (run?.state !== "succeeded") throw new Error(`${id} is ${run?.state}`);
      if (round < WARM_UP) continue;
      ratios.push(took / computed);
      overheads.push((took - computed) / STEPS);
    }
    await octopus.close();
    return {
      figures: [
        {
          name: "against the functions alone",
          value: Number(median(ratios).toFixed(3)),
          unit: "ratio",
          target: atMost(1.05),
        },
        { name: "more for each step", value: Number(median(overheads).toFixed(3)), unit: "ms", limit: "fdatasync p50" },
      ],
      notes: [`from the submission to the end of the run, median of ${ratios.length} rounds`],
    };
  },
};
