/**
 * Retries around a container that is in no run. Of one that has failed, what has failed in it is done again and the rest
 * stays; one that succeeded, or never began, begins anew. A member that is done again takes its container along.
 */
import { OctopusError } from "../../base/errors.ts";
import type { Command, EndedTask, Reopening } from "../../core/command.ts";
import type { State } from "../../core/state.ts";
import type { Library } from "../ports.ts";

type Around = Pick<Extract<Command, { type: "RetryTask" }>, "around" | "members"> & {
  /** What waited for the containers around it waits again. */
  dependents: EndedTask[];
};

export interface Looks {
  state: State;
  library: Library;
  /** Blocked tasks that count on this ended one. */
  below(task: EndedTask): number[];
  /** Containers that others of the same step have opened. */
  opened?: Set<number>;
}

export function retryAlone(task: EndedTask, looks: Looks): Around {
  const { kind, inside } = task.definition;
  if (inside !== undefined) return around(task, inside, looks);
  const { library } = looks;
  if (kind !== "each" || task.state === "succeeded" || task.total === undefined) return NOTHING;
  const failed = library.retryMembers(task.task).flatMap((member) => library.endedTask(member.task) ?? []);
  // Without any there is nothing to go on with.
  if (failed.length === 0) return NOTHING;
  return { members: failed.map((member) => ({ task: member })), dependents: [] };
}

const NOTHING: Around = { dependents: [] };

function around(member: EndedTask, container: number, { state, library, below, opened = new Set() }: Looks): Around {
  const live = state.tasks.get(container);
  if (opened.has(container) || live?.node?.box !== undefined) return NOTHING;
  if (live !== undefined) {
    const message = `task t${member.task} cannot be done again: t${container}, which holds it, makes its members anew`;
    throw new OctopusError("conflict", `${message}; wait for them`);
  }
  const ended = library.endedTask(container);
  if (ended === undefined) return NOTHING;
  opened.add(container);
  const reopening: Reopening = { task: ended, holds: true, children: below(ended) };
  return { around: [reopening], dependents: library.dependents(ended) };
}
