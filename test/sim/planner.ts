/**
 * Planners of the simulation. `ladder` goes on as long as its steps fail, and ends with the first that succeeds; `fan`
 * makes all its tasks at once, and takes the first two that end. Both are pure, and name tasks again that are there.
 */
import { isEnded } from "../../src/base/words.ts";
import type { PlannedTask, Planner } from "../../src/engine/ports.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";

/** Steps of one planned run. */
const STEPS = 4;

function step(name: string, how: string): TaskSpec {
  return { id: name, type: "step", kind: "shell", work: { kind: "shell", shell: { command: how } } };
}

const succeeded = ({ state }: PlannedTask): boolean => state === "succeeded";

const ladder: Planner = ({ tasks, params, timedOut, cancelled }) => {
  const won = tasks.find(succeeded);
  if (won !== undefined) return { end: { state: "succeeded", result: won.name } };
  if (timedOut || cancelled) return { end: { state: cancelled ? "cancelled" : "failed", reason: "it was stopped" } };
  const ended = tasks.filter(({ state }) => isEnded(state)).length;
  if (ended >= STEPS) return { end: { state: "failed", reason: "nothing is left to try" } };
  const { how } = params;
  // All names so far, also those that are there: they are not made twice.
  return {
    submit: Array.from({ length: ended + 1 }, (_, n) => step(`s${n}`, typeof how === "string" ? how : "fail 5")),
  };
};

const fan: Planner = ({ tasks, timedOut, cancelled }) => {
  const ended = tasks.filter(({ state }) => isEnded(state));
  if (ended.length >= 2 || timedOut || cancelled) {
    const open = tasks.filter(({ state }) => !isEnded(state));
    return {
      cancel: open.map(({ name }) => ({ name, reason: "two were enough" })),
      end: { state: cancelled ? "cancelled" : ended.some(succeeded) ? "succeeded" : "failed" },
    };
  }
  if (tasks.length > 0) return {};
  return { submit: Array.from({ length: STEPS }, (_, n) => step(`s${n}`, `flaky ${n * 50}`)) };
};

export const PLANNERS: Readonly<Record<string, Planner>> = { ladder, fan };
