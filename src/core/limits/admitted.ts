/**
 * Since when a task that starts now has missed nothing but a worker. It is an answer for people: what is behind it is not
 * in the journal, so that the first tasks after a start of the server may say less than was so.
 *
 * AD1  A task whose arm has no limit, and that asks for nothing, costs a comparison.
 */
import { msOfTenths } from "../lane.ts";
import type { State } from "../state.ts";
import type { Task } from "../task.ts";
import { tokenAt } from "./meter.ts";

/** Epoch milliseconds; undefined = since it became ready. */
export function admissionOf({ flow }: State, task: Task): number | undefined {
  const { gates } = task;
  const { arm } = task.lane;
  let at = arm.openedAt;
  if (arm.rate !== undefined) at = Math.max(at, tokenAt(arm.meter, arm.rate));
  if (gates !== undefined) {
    for (const { gate, rate } of gates.needs) {
      at = Math.max(at, gate.openedAt, rate === undefined ? 0 : tokenAt(gate.meter!, rate));
    }
  }
  if (flow.unheldAt.size > 0) at = Math.max(at, flow.unheldAt.get(task) ?? 0);
  return at > 0 && at > msOfTenths(task.since) ? at : undefined;
}
