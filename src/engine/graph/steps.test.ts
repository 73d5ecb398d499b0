/** Jobs take turns, leave the loop to others, and one that throws harms none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../../root/clock.ts";
import { type Job, Steps } from "./steps.ts";

function stepsWith(errors: string[]): Steps {
  const log = { debug() {}, info() {}, warn() {}, error: (_: unknown, message: string) => void errors.push(message) };
  return new Steps({ clock: createClock(), log });
}

test("a short job is not kept waiting by a long one, and the loop by neither", async () => {
  const steps = stepsWith([]);
  const seen: string[] = [];
  let turns = 0;
  const ended = Promise.withResolvers<void>();
  function* long(): Job {
    // It lasts for as long as it takes others to have had their turns, and has an end where they get none.
    for (let step = 0; step < 10_000_000 && turns <= 3; step++) yield;
    seen.push("long");
    ended.resolve();
  }
  function* short(): Job {
    yield;
    seen.push("short");
  }
  steps.add(long());
  steps.add(short());
  const look = (): void => {
    turns++;
    if (seen.length < 2) setImmediate(look);
  };
  setImmediate(look);
  await ended.promise;
  assert.deepEqual(seen, ["short", "long"]);
  assert.ok(turns > 3, `the loop went round ${turns} times`);
});

test("a job that throws is told of; those after it go on, and so do jobs that come later", async () => {
  const errors: string[] = [];
  const steps = stepsWith(errors);
  function* broken(): Job {
    yield;
    throw new Error("no");
  }
  const run = (): Promise<void> =>
    new Promise((resolve) => {
      steps.add(
        (function* (): Job {
          yield;
          resolve();
        })(),
      );
    });
  steps.add(broken());
  await run();
  await run();
  assert.equal(errors.length, 1);
});

test("what is let go is not done", async () => {
  const steps = stepsWith([]);
  let done = false;
  steps.add(
    (function* (): Job {
      yield;
      done = true;
    })(),
  );
  steps.clear();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(done, false);
});
