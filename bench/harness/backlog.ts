/** A backlog of tasks that is made while its arm is off, and then drained: what a wish costs is seen against a plain one. */
import { join } from "node:path";
import { Octopus, type TaskSubmission } from "../../src/mod.ts";
import type { CaseContext } from "./case.ts";
import { ARM, counter, drained } from "./octopus.ts";
import { median, perSecond, watchCpu } from "./statistics.ts";

/** Tasks handed over at a time. */
const STEP = 20_000;
/** Each sort is drained so often, in turns, so that a machine that slows down slows all of them. */
const ROUNDS = 3;

export interface Drain {
  /** Tasks per second, and microseconds of CPU for each: of the submission and of the drain. */
  rate: number;
  cpu: number;
  submitCpu: number;
}

let drains = 0;

/** Drains `count` of these tasks in an Octopus of their own, with 50 slots. */
export async function drainOnce(
  context: CaseContext,
  count: number,
  task: (n: number) => TaskSubmission,
): Promise<Drain> {
  const { noop, calls } = counter();
  const dataDir = join(context.folder, `drain-${++drains}`);
  const octopus = await Octopus.open({ dataDir, slots: 50, functions: { noop } });
  await octopus.configureArm(ARM, { enabled: false });
  const submitting = watchCpu();
  for (let from = 0; from < count; from += STEP) {
    await octopus.submitMany(Array.from({ length: Math.min(STEP, count - from) }, (_, i) => task(from + i)));
  }
  const submitCpu = submitting(count);
  const cpu = watchCpu();
  const begun = performance.now();
  await octopus.configureArm(ARM, { enabled: true });
  await drained(octopus, calls, count);
  const rate = perSecond(count, performance.now() - begun);
  const cpuOfEach = cpu(count);
  await octopus.close();
  return { rate, cpu: cpuOfEach, submitCpu };
}

/** Medians of the sorts by name, drained in turns. */
export async function compare(
  context: CaseContext,
  count: number,
  sorts: Readonly<Record<string, (n: number) => TaskSubmission>>,
): Promise<Record<string, Drain>> {
  const found: Record<string, Drain[]> = {};
  for (let round = 0; round < (context.quick ? 1 : ROUNDS); round++) {
    for (const [name, task] of Object.entries(sorts)) (found[name] ??= []).push(await drainOnce(context, count, task));
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, drains]) => {
      const middle = (of: (drain: Drain) => number): number => median(drains.map(of));
      return [
        name,
        {
          rate: middle(({ rate }) => rate),
          cpu: middle(({ cpu }) => cpu),
          submitCpu: middle(({ submitCpu }) => submitCpu),
        },
      ];
    }),
  );
}
