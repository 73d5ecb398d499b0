/** `npm run sim -- [--seed N [--trace]] [--seeds COUNT [--from N]]`: runs the simulator. */
import { parseArgs } from "node:util";
import { simulate } from "./simulation.ts";
const { values } = parseArgs({ options: { seed: { type: "string" }, trace: { type: "boolean" }, seeds: { type: "string" }, from: { type: "string" } } });
if (values.seed !== undefined) {
  const o = await simulate(Number(values.seed), values.trace ? (l) => console.log(l) : undefined);
  console.log(JSON.stringify(o), o.failure ?? "");
} else {
  const from = Number(values.from ?? 1); const n = Number(values.seeds ?? 100);
  let f = 0; const t = Date.now(); let steps=0, tasks=0;
  for (let s = from; s < from + n; s++) { const o = await simulate(s); steps+=o.steps; tasks+=o.tasks; if (o.failure) { f++; console.log(s, o.failure.slice(0, 600)); } }
  console.log(`${n - f} passed, ${f} failed`, Date.now() - t, "ms", steps, "steps", tasks, "tasks");
}
