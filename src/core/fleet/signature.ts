/** What tasks ask of a worker, as text: tasks with the same text are of one class and wait in one lane. */
import type { LabelTerm, Resources, Target, Units } from "../asks.ts";
import type { Requirements } from "../task.ts";

/** Everything. `plain` = the usual task, which asks for no more than somebody who can do it. */
export function signature(requires: Requirements): string {
  const { kind, handler, worker, resources, units, target } = requires;
  let key = `${kind}\n${handler ?? ""}\n${worker ?? ""}`;
  if (resources !== undefined) key += `\n${amounts(resources)}`;
  if (units !== undefined) key += `\nu${amounts(units)}`;
  if (target !== undefined) key += `\nt${targetKey(target)}`;
  return key;
}

/** That of it which does not depend on what runs where. */
export function fitKey({ kind, handler, worker, resources, units, target }: Requirements): string {
  const labels = target?.labels === undefined && target?.prefer === undefined ? undefined : wished(target);
  return signature({ kind, handler, worker, resources, units, target: labels });
}

function wished({ labels, prefer }: Target): Target {
  return { labels, prefer };
}

function targetKey({ labels, prefer, apart, spread, policy, near }: Target): string {
  const wants = prefer?.map((one) => [one.labels.map(termKey), one.weight]);
  return JSON.stringify([labels?.map(termKey), wants, apart, spread, policy, near]);
}

function termKey({ label, op, values }: LabelTerm): unknown[] {
  return [label, op, ...values];
}

function amounts(of: Resources | Units): string {
  return JSON.stringify(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
