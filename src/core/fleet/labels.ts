/** Labels of workers: what a target says of them. Whoever has no such label is neither equal to anything nor in any list. */
import { type LabelTerm, named, type Target } from "../asks.ts";
import type { Worker } from "./worker.ts";

type Labelled = Pick<Worker, "name" | "labels">;

/** Every worker has the label `name`, whatever it says itself. */
export function labelOf({ name, labels }: Labelled, label: string): string | undefined {
  if (label === "name") return name;
  return named(labels, label);
}

export function holds(worker: Labelled, { label, op, values }: LabelTerm): boolean {
  const value = labelOf(worker, label);
  switch (op) {
    case "==":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "not in":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "not exists":
      return value === undefined;
  }
}

/** The sum of the preferences that the worker meets. */
export function weightOf(worker: Worker, target: Target | undefined): number {
  let sum = 0;
  for (const { labels, weight } of target?.prefer ?? []) {
    if (labels.every((term) => holds(worker, term))) sum += weight;
  }
  return sum;
}

/** Over what tasks are spread: the value of a label, or each worker for itself. */
export function spreadValue(worker: Worker, label: string): string | undefined {
  return label === "worker" ? worker.name : labelOf(worker, label);
}
