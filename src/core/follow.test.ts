/** What follows from the end of an attempt. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "./decide.ts";
import type { NewTask, Report } from "./command.ts";
import { checkInvariants } from "./invariants.ts";
import { place } from "./place.ts";
import { createState } from "./state.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { Turn } from "./turn.ts";

test("a task that fails, is tried again and succeeds lets the tasks go on that need it", () => {
  const state = createState();
  let now = 1000;
  const inTurn = (act: (turn: Turn) => void): void => {
    const turn = new Turn(state, now++, 30_000);
    act(turn);
    place(turn, 100);
    checkInvariants(state);
  };
  const task: NewTask = { taskType: "shell", kind: "shell", arm: "default", priority: 5, work: "{}" };
  const policy = { ...DEFAULT_POLICY, retryLimit: 1, delayMs: 0 };
  const ends = (number: number, attempt: number, report: Report): void =>
    inTurn((turn) => decide(turn, { type: "EndAttempt", worker: "w", session: 1, task: number, attempt, report }));

  inTurn((turn) =>
    decide(turn, {
      type: "ConnectWorker",
      session: 1,
      worker: "w",
      instance: "i",
      slots: 4,
      kinds: ["shell"],
      functions: [],
      host: "h",
      pid: 1,
      octopus: "0",
      local: true,
      holds: [],
    }),
  );
  inTurn((turn) =>
    decide(turn, {
      type: "SubmitTasks",
      tasks: [
        { ...task, policy },
        { ...task, needsEarlier: [0] },
      ],
    }),
  );
  ends(1, 1, { outcome: "failed" });
  assert.deepEqual([state.tasks.get(1)!.state, state.tasks.get(2)!.state], ["running", "blocked"]);
  ends(1, 2, { outcome: "succeeded" });
  assert.equal(state.tasks.get(2)!.state, "running");
});
