/** Tasks that wait for each other, embedded and durable: 1,000 and one that joins them, and a chain of 200. */
import { join } from "node:path";
import { Octopus, type TaskSubmission } from "../../src/mod.ts";
import { atMost, type Case, type Figure } from "../harness/case.ts";
import { percentile } from "../harness/statistics.ts";

const WIDTH = 1000;
const LENGTH = 200;
const WARM_UP = 5;

/** 1,000 tasks and one that needs them all. */
function fan(round: number): TaskSubmission[] {
  const ids = Array.from({ length: WIDTH }, (_, i) => `fan-${round}-${i}`);
  return [...ids.map((id) => ({ id, call: "noop" })), { id: `fan-${round}`, call: "noop", needs: ids }];
}

/** 200 tasks, each of which needs the one before. */
function chain(round: number): TaskSubmission[] {
  const id = (i: number): string => (i === LENGTH - 1 ? `chain-${round}` : `chain-${round}-${i}`);
  return Array.from({ length: LENGTH }, (_, i) => ({ id: id(i), call: "noop", ...(i > 0 && { needs: [id(i - 1)] }) }));
}

/** The fan as a person writes it. */
function fanFile(): string {
  const names = Array.from({ length: WIDTH }, (_, i) => `t${i}`);
  return `name: fan\ntasks:\n${names.map((name) => `  ${name}: { call: noop }\n`).join("")}  join: { call: noop, needs: [${names.join(", ")}] }\n`;
}

async function rounds(count: number, once: (round: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < count + WARM_UP; round++) {
    const begun = performance.now();
    await once(round);
    if (round >= WARM_UP) times.push(performance.now() - begun);
  }
  return Number(percentile(times, 0.5).toFixed(2));
}

export const workflow: Case = {
  name: "workflow",
  title: "1,000 tasks and a join, chain of 200, embedded",
  async run({ folder, quick }) {
    const count = quick ? 5 : 30;
    const octopus = await Octopus.open({ dataDir: join(folder, "data"), slots: 50, functions: { noop: () => {} } });
    const submitted = (last: string, tasks: (round: number) => TaskSubmission[]) =>
      rounds(count, async (round) => {
        await octopus.submitMany(tasks(round));
        const task = await octopus.engine.waitTask(`${last}-${round}`, 60_000);
        if (task?.state !== "succeeded") throw new Error(`${last}-${round} is ${task?.state}`);
      });
    const figures: Figure[] = [
      { name: "1,000 and a join", value: await submitted("fan", fan), unit: "ms", target: atMost(30) },
      {
        name: "chain of 200",
        value: await submitted("chain", chain),
        unit: "ms",
        target: atMost(20),
        limit: "fdatasync p50",
      },
    ];
    const text = fanFile();
    const fromFile = await rounds(count, async () => (await octopus.run(text)).wait(60_000));
    figures.push({ name: "1,000 and a join, from YAML", value: fromFile, unit: "ms" });
    await octopus.close();
    return {
      figures,
      notes: [`from submitMany to the end of the last task, 50 slots, median of ${count} rounds in one process`],
    };
  },
};
