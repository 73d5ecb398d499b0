/**
 * Goal: the ready tasks of a run start in an order that ends it about as soon as a scheduler that knows everything would.
 * Method: recorded workflows (bench/traces) run through core alone in virtual time, with the durations of an earlier run
 * known, against a greedy list scheduler: whenever a slot is free, the ready task with the longest way to the end takes it.
 * Nothing here depends on a clock.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { NewTask } from "../src/core/command.ts";
import { decide } from "../src/core/decide.ts";
import { place } from "../src/core/fleet/place.ts";
import { createState, forgetEnded } from "../src/core/state.ts";
import { Turn } from "../src/core/turn.ts";
import { rankByLength } from "../src/engine/ranks.ts";
import { createCalendar } from "../src/schedule/mod.ts";
import { createPrng } from "../src/base/prng.ts";

interface Trace {
  name: string;
  durationsMs: number[];
  /** Indexes of the tasks that each needs; all of them are earlier. */
  parents: number[][];
}

const FOLDER = join(import.meta.dirname, "../bench/traces");
const TRACES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Trace);
const SLOTS = [2, 4, 8, 16, 48];
const ARRIVAL = 1_000_000;

/** Milliseconds that the run takes in core with so many slots, when `known` is what is known of its tasks. */
function makespan({ durationsMs, parents }: Trace, slots: number, known: readonly number[]): number {
  const state = createState();
  const calendar = createCalendar();
  let now = ARRIVAL;
  const turn = (act: (turn: Turn) => void): Turn => {
    const one = new Turn(state, now, 30_000, calendar);
    act(one);
    place(one, 10_000);
    return one;
  };
  const tasks = durationsMs.map((_, index): NewTask => {
    const needs = parents[index]!;
    const plain = { taskType: "f", kind: "call", arm: "default", priority: 5, work: "{}" } as const;
    return { ...plain, name: `n${index}`, ...(needs.length > 0 && { needsEarlier: [...new Set(needs)] }) };
  });
  const work = { kind: "call", call: "f" } as const;
  const specs = tasks.map(() => ({ type: "f", kind: "call" as const, work }));
  rankByLength(tasks, specs, new Map(known.map((ms, index) => [`n${index}`, ms])));

  const ends: { at: number; task: number }[] = [];
  const note = ({ events }: Turn): void => {
    for (const event of events) {
      if (event.type !== "AttemptStarted") continue;
      // The run is the first of its journal: numbers are indexes.
      ends.push({ at: now + durationsMs[event.task - 1]!, task: event.task });
    }
    ends.sort((a, b) => a.at - b.at);
    forgetEnded(state);
  };
  const about = { instance: "1", host: "h", pid: 1, octopus: "test", local: true, holds: [], functions: ["f"] };
  note(turn((one) => decide(one, { type: "SubmitRun", workflow: "w", tasks })));
  note(
    turn((one) => decide(one, { type: "ConnectWorker", session: 1, worker: "w", slots, kinds: ["call"], ...about })),
  );
  while (ends.length > 0) {
    now = ends[0]!.at;
    const over = ends.splice(0, ends.findLastIndex(({ at }) => at === now) + 1);
    const report = { outcome: "succeeded" } as const;
    const finish = { type: "EndAttempt", worker: "w", session: 1, attempt: 1, report } as const;
    note(turn((one) => over.forEach(({ task }) => decide(one, { ...finish, task }))));
  }
  assert.equal(state.runCounts.succeeded, 1);
  return now - ARRIVAL;
}

/** What the greedy list scheduler takes, which knows how long each task will take. */
function greedy({ durationsMs, parents }: Trace, slots: number): number {
  const children = durationsMs.map((): number[] => []);
  for (const [index, needs] of parents.entries()) for (const need of new Set(needs)) children[need]!.push(index);
  const way = [...durationsMs];
  for (let at = way.length - 1; at >= 0; at--) {
    for (const child of children[at]!) way[at] = Math.max(way[at]!, durationsMs[at]! + way[child]!);
  }
  const open = parents.map((needs) => new Set(needs).size);
  const ready = open.flatMap((count, index) => (count === 0 ? [index] : []));
  const running: { at: number; task: number }[] = [];
  let now = 0;
  for (;;) {
    ready.sort((a, b) => way[b]! - way[a]! || a - b);
    for (const task of ready.splice(0, slots - running.length)) running.push({ at: now + durationsMs[task]!, task });
    if (running.length === 0) return now;
    running.sort((a, b) => a.at - b.at);
    now = running[0]!.at;
    while (running[0]?.at === now) {
      for (const child of children[running.shift()!.task]!) if (--open[child]! === 0) ready.push(child);
    }
  }
}

for (const trace of TRACES) {
  test(`${trace.name}: as soon as a greedy list scheduler, with any number of slots`, () => {
    for (const slots of SLOTS) {
      const best = greedy(trace, slots);
      const ours = makespan(trace, slots, trace.durationsMs);
      assert.ok(ours <= best * 1.05, `${slots} slots: ${ours} ms against ${best} ms`);
    }
  });
}

test("the times of an earlier run need not be those of this one", () => {
  const random = createPrng(7);
  for (const trace of TRACES) {
    const known = trace.durationsMs.map((ms) => ms * (0.8 + random.int(400) / 1000));
    const ours = makespan(trace, 8, known);
    const best = greedy(trace, 8);
    assert.ok(ours <= best * 1.05, `${trace.name}: ${ours} ms against ${best} ms`);
  }
});

test("the order matters: by age alone some of these take a tenth longer", () => {
  const longer = TRACES.flatMap((trace) => SLOTS.map((slots) => makespan(trace, slots, []) / greedy(trace, slots)));
  assert.ok(Math.max(...longer) > 1.1, `at most ${Math.max(...longer)} times as long`);
});
