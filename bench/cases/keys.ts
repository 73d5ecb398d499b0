/**
 * Concurrency keys: 100,000 of them with one task each, and 10 with 10,000 each, drained beside the same number of plain
 * tasks; and what 100,000 keys hold once nothing of them is left.
 */
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { compare, type Drain } from "../harness/backlog.ts";
import { atMost, type Case, type CaseContext, type Figure, scaled } from "../harness/case.ts";
import { collector, weigh } from "../harness/heap.ts";
import { ARM, counter, drained, noop, noops } from "../harness/octopus.ts";

/** Memory of keys whose tasks have all ended, and of as many that wait. */
async function memory(context: CaseContext, count: number): Promise<Figure[]> {
  const gc = collector();
  const counted = counter();
  const dataDir = join(context.folder, "memory");
  const octopus = await Octopus.open({ dataDir, slots: 50, functions: { noop: counted.noop } });
  await octopus.configureArm(ARM, {});
  // What grows once, with the first tasks, is not the keys' doing.
  await octopus.submitMany(noops(count));
  await drained(octopus, counted.calls, count);
  await octopus.configureArm(ARM, { enabled: false });
  const before = weigh(gc);
  await octopus.submitMany(noops(count));
  const plain = weigh(gc);
  await octopus.configureArm(ARM, { enabled: true });
  await drained(octopus, counted.calls, 2 * count);
  await octopus.configureArm(ARM, { enabled: false });
  const between = weigh(gc);
  await octopus.submitMany(Array.from({ length: count }, (_, n) => ({ ...noop(n), concurrencyKey: `tenant-${n}` })));
  const waiting = weigh(gc);
  await octopus.configureArm(ARM, { enabled: true });
  await drained(octopus, counted.calls, 3 * count);
  // Tables give their room back with what comes next; what stays after that is what keys leave behind.
  await octopus.submitMany(noops(count));
  await drained(octopus, counted.calls, 4 * count);
  const idle = weigh(gc);
  await octopus.close();
  const each = (after: { heap: number }, from: { heap: number }): number =>
    Math.round((after.heap - from.heap) / count);
  return [
    { name: "heap for each plain task", value: each(plain, before), unit: "B" },
    { name: "heap for each task with a key of its own", value: each(waiting, between), unit: "B" },
    { name: "heap for each idle key", value: each(idle, between), unit: "B", target: atMost(50) },
  ];
}

export const keys: Case = {
  name: "keys",
  title: "concurrency keys: 100,000 of them, and 10 with 10,000 tasks each",
  async run(context) {
    const count = scaled(context, 100_000);
    const found = await compare(context, count, {
      plain: noop,
      many: (n) => ({ ...noop(n), concurrencyKey: `tenant-${n}` }),
      few: (n) => ({ ...noop(n), concurrencyKey: { key: `tenant-${n % 10}`, limit: 5 } }),
    });
    const { plain, many, few } = found as { plain: Drain; many: Drain; few: Drain };
    const ratio = (drain: Drain): number => Number((drain.cpu / plain.cpu).toFixed(2));
    return {
      figures: [
        { name: "plain", value: plain.rate, unit: "/s" },
        { name: `${count} keys`, value: many.rate, unit: "/s" },
        { name: `10 keys, ${count / 10} each`, value: few.rate, unit: "/s" },
        { name: `CPU for each, ${count} keys to plain`, value: ratio(many), unit: "ratio", target: atMost(1.5) },
        { name: "CPU for each, 10 keys to plain", value: ratio(few), unit: "ratio", target: atMost(1.5) },
        ...(await memory(context, count)),
      ],
      notes: [`${count} tasks; the submission is not part of the drain`],
    };
  },
};
