/** Members of an `each`, from what the evaluator says of them to what core accepts. */
import { OctopusError } from "../../base/errors.ts";
import type { NewTask } from "../../core/command.ts";
import { DEFAULT_ARM_NAME } from "../../core/limits/arms.ts";
import type { State } from "../../core/state.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import { ofOneTask } from "../refusals.ts";
import { routeTasks } from "../routing.ts";
import { type Preparation, prepareTasks } from "../submission.ts";

/** Kept in place of the spec of a member that cannot be made as its file says: it is made, and fails with these words. */
export interface Broken {
  broken: string;
}

export interface Member {
  /** Absent: it is broken. */
  spec?: TaskSpec | undefined;
  task: NewTask;
}

/** The member that `make` describes; what that throws is what the member fails with. */
export function newMember(inside: number, name: string, make: () => TaskSpec, preparation: Preparation): Member {
  try {
    const spec = make();
    const task = prepareTasks([spec], preparation, true)[0]!;
    task.inside = inside;
    return { spec, task };
  } catch (error) {
    return { task: brokenMember(inside, name, error) };
  }
}

function brokenMember(inside: number, name: string, error: unknown): NewTask {
  const spec: Broken = { broken: wordsOf(error) };
  return {
    ...{ name, inside, taskType: "shell", kind: "shell", arm: DEFAULT_ARM_NAME, priority: 5 },
    ...{ work: '{"kind":"shell","shell":{"command":"false"}}', node: { prepare: true }, spec: JSON.stringify(spec) },
  };
}

/** Gives members their arms when their turn has come; one that names none is made to fail. */
export function placeMembers(members: readonly Member[], state: State, preparation: Preparation): NewTask[] {
  return members.map(({ spec, task }) => {
    if (spec === undefined) return task;
    try {
      routeTasks([task], [spec], state, preparation);
      return task;
    } catch (error) {
      return brokenMember(task.inside!, task.name!, error);
    }
  });
}

/** What is wrong, for the reason of a task. */
export function wordsOf(error: unknown): string {
  if (error instanceof OctopusError) return ofOneTask(error).message;
  return error instanceof Error ? error.message : String(error);
}
