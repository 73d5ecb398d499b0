/** What each wish costs: the same tasks, drained with it and without, in turns in one process. */
import type { TaskSubmission } from "../../src/mod.ts";
import { compare } from "../harness/backlog.ts";
import { atMost, type Case, type Figure, scaled } from "../harness/case.ts";
import { noop } from "../harness/octopus.ts";

/** Limits that are wide enough to hold nobody up: what is measured is their price, not their effect. */
const WISHES: Readonly<Record<string, (n: number) => Partial<TaskSubmission>>> = {
  mutex: (n) => ({ mutex: `m${n % 1000}` }),
  rate: (n) => ({ rate: { key: `r${n % 100}`, limit: 1_000_000, per: "1s" } }),
  unique: (n) => ({ uniqueKey: `u${n}` }),
  cache: () => ({ cache: true }),
  owner: (n) => ({ owner: `o${n % 100}` }),
  resources: () => ({ resources: { cpu: 0.001 } }),
  callback: () => ({ on: { failure: { call: "noop" } } }),
  rules: () => ({ retries: { limit: 2, rules: [{ errors: ["TypeError"], limit: 0 }] } }),
};

export const wishes: Case = {
  name: "wishes",
  title: "what a wish costs, to a plain task",
  async run(context) {
    const count = scaled(context, 50_000);
    const sorts = Object.entries(WISHES).map(([name, wish]) => [name, (n: number) => ({ ...noop(n), ...wish(n) })]);
    const found = await compare(context, count, { plain: noop, ...Object.fromEntries(sorts) });
    const plain = found["plain"]!;
    const figures = Object.entries(found).flatMap(([name, drain]): Figure[] => {
      if (name === "plain") return [{ name, value: drain.rate, unit: "/s" }];
      const ratio = (drain.submitCpu + drain.cpu) / (plain.submitCpu + plain.cpu);
      return [{ name: `${name}: CPU to plain`, value: Number(ratio.toFixed(2)), unit: "ratio", target: atMost(1.5) }];
    });
    return { figures, notes: [`${count} tasks each; CPU of submission and drain together`] };
  },
};
