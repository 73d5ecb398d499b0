/** Tasks of all priorities in one arm, with aging and without, beside tasks of one priority. */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { compare, type Drain } from "../harness/backlog.ts";
import { atMost, type Case, scaled } from "../harness/case.ts";
import { ARM, drained, noop } from "../harness/octopus.ts";

export const priorityMix: Case = {
  name: "priority-mix",
  title: "eleven priorities in one arm, to one priority",
  async run(context) {
    const count = scaled(context, 100_000);
    const mixed = (n: number) => ({ ...noop(n), priority: (n * 7) % 11 });
    const found = await compare(context, count, { one: noop, strict: mixed });
    const { one, strict } = found as { one: Drain; strict: Drain };
    return {
      figures: [
        { name: "one priority", value: one.rate, unit: "/s" },
        { name: "eleven, strict", value: strict.rate, unit: "/s" },
        {
          name: "eleven: CPU to one",
          value: Number((strict.cpu / one.cpu).toFixed(2)),
          unit: "ratio",
          target: atMost(1.5),
        },
        { name: "highest first: out of order", value: await outOfOrder(context.folder), unit: "%" },
      ],
      notes: [`${count} tasks`],
    };
  },
};

/** How many of 1,100 tasks start after one of a lower priority, on one slot: strict priorities allow none. */
async function outOfOrder(folder: string): Promise<number> {
  const started: number[] = [];
  const look = (priority: number): void => void started.push(priority);
  const dataDir = join(folder, "order");
  const octopus = await Octopus.open({ dataDir, slots: 1, functions: { look } });
  await octopus.configureArm(ARM, { enabled: false });
  const tasks = Array.from({ length: 1100 }, (_, n) => ({
    call: "look",
    input: (n * 7) % 11,
    priority: (n * 7) % 11,
    arm: ARM,
  }));
  await octopus.submitMany(tasks);
  await octopus.configureArm(ARM, { enabled: true });
  await drained(octopus, () => started.length, tasks.length);
  await octopus.close();
  const wrong = started.filter((priority, n) => started.slice(0, n).some((before) => before < priority)).length;
  return Number(((wrong / started.length) * 100).toFixed(2));
}
