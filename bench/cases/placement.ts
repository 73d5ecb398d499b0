/**
 * Who runs where, in core alone: 1,000 workers and 1,000,000 queued tasks in 200 classes. From all slots free, and as it goes
 * on when attempts end in random order, few or many in one turn.
 */
import { CoreFleet, type Shape } from "../parts/fleet.ts";
import { atLeast, type Case, scaled } from "../harness/case.ts";

/** What is asked for. */
const RATE = 50_000;

function rate(count: number, startedAt: number): number {
  return Math.round(count / ((performance.now() - startedAt) / 1000));
}

/** Starts per second while `ends` attempts end in each turn. */
function steady(fleet: CoreFleet, ends: number, count: number): number {
  for (let warm = 0; warm < count / 10;) warm += fleet.step(ends);
  const startedAt = performance.now();
  let placed = 0;
  while (placed < count) placed += fleet.step(ends);
  return rate(placed, startedAt);
}

export const placement: Case = {
  name: "placement",
  title: "1,000 workers, 1,000,000 tasks in 200 classes, core alone",
  run(context) {
    // A server is hardly ever so busy in its first second: the code is compiled before it is measured.
    const warm = new CoreFleet({ workers: 200, slots: 8, tasks: 20_000, classes: 50 });
    warm.join();
    warm.submit(20_000);
    warm.fill();
    steady(warm, 8, 8000);
    const shape: Shape = { workers: 1000, slots: 8, tasks: scaled(context, 1_000_000), classes: 200 };
    const fleet = new CoreFleet(shape);
    fleet.join();
    fleet.submit(shape.tasks);
    const startedAt = performance.now();
    const filled = fleet.fill();
    const cold = rate(filled, startedAt);
    const count = scaled(context, 200_000);
    const figures = [1, 16, 256].map((ends) => ({
      name: `placed, ${ends} ${ends === 1 ? "end" : "ends"} a turn`,
      value: steady(fleet, ends, count),
      unit: "/s" as const,
      target: atLeast(RATE),
    }));
    return Promise.resolve({
      figures: [{ name: "placed, all slots free", value: cold, unit: "/s", target: atLeast(RATE) }, ...figures],
      notes: [`${shape.tasks} tasks queued; ${filled} slots; ${count} starts each; with the ends, without the store`],
    });
  },
};
