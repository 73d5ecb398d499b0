/** People set schedules, pause them, fire them by hand, and ask for ticks of the past. */
import { CATCH_UPS, OVERLAPS } from "../../src/base/words.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { ScheduleSpec } from "../../src/protocol/schedule.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import type { Crowd } from "./crowd.ts";
import { ARMS } from "./work.ts";
import { wish } from "./wishes.ts";

const NAMES = ["s0", "s1", "s2"] as const;

/** Everything comes to an end, schedules too: so many ticks at most, if no clock jumps. */
const TICKS_MAX = 12;

function drawTarget({ world: { prng, options } }: Crowd): ScheduleSpec["target"] {
  if (prng.chance(0.2)) return { workflow: { definition: "made" } };
  const ms = prng.pick([5, 500, 4000]);
  const how = prng.pick(["succeed", "succeed", "fail", "flaky"]);
  const task: TaskSpec = { type: "tick", kind: "shell", work: { kind: "shell", shell: { command: `${how} ${ms}` } } };
  if (prng.chance(0.3)) task.arm = prng.pick([...ARMS, "side"]);
  if (prng.chance(0.2)) wish(task, prng, { ...options.wishes, cache: 0 });
  return { task };
}

function drawSchedule(crowd: Crowd): ScheduleSpec {
  const { prng } = crowd.world;
  const now = crowd.server.process.now();
  const [periodMs, when] = prng.pick<[number, Pick<ScheduleSpec, "cron" | "everyMs" | "at">]>([
    [1000, { everyMs: 1000 }],
    [1700, { everyMs: 1700 }],
    [30_000, { everyMs: 30_000 }],
    [60_000, { cron: ["* * * * *"] }],
    [5000, { cron: ["*/5 * * * * *"] }],
    [10_000, { at: [now - 5000, now + 200, now + 9000] }],
  ]);
  return {
    name: prng.pick(NAMES),
    ...when,
    zone: prng.pick(["UTC", "Europe/Berlin"]),
    endAt: now + periodMs * (1 + prng.int(TICKS_MAX)),
    jitterMs: prng.chance(0.3) ? prng.pick([50, 700]) : 0,
    overlap: prng.pick(OVERLAPS),
    catchUp: {
      policy: prng.pick(CATCH_UPS),
      windowMs: prng.pick([1000, 120_000, 7_200_000]),
      max: prng.pick([1, 3, 20]),
    },
    paused: prng.chance(0.1),
    target: drawTarget(crowd),
  };
}

export function schedules(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const name = prng.pick(NAMES);
  const actions: (() => void)[] = [
    ...Array.from({ length: 4 }, () => () => {
      const spec = drawSchedule(crowd);
      crowd.ask(`sets schedule ${JSON.stringify(spec)}`, engine, () => engine.setSchedule(spec));
    }),
    () => {
      const paused = prng.chance(0.6);
      crowd.ask(`${paused ? "pauses" : "resumes"} ${name}`, engine, () => engine.pauseSchedule(name, paused));
    },
    () => crowd.ask(`triggers ${name}`, engine, () => engine.triggerSchedule(name)),
    () => crowd.ask(`triggers ${name}`, engine, () => engine.triggerSchedule(name)),
    () => crowd.ask(`removes ${name}`, engine, () => engine.removeSchedule(name)),
    () => {
      const to = crowd.server.process.now();
      const from = to - prng.pick([3000, 60_000]);
      crowd.ask(`backfills ${name}`, engine, () => engine.backfillSchedule(name, from, to));
    },
    () => {
      crowd.ask(`looks at ${name}`, engine, async () => {
        engine.schedules();
        engine.nextTicks(name, 3);
        return engine.ticks(name, { limit: 5 });
      });
    },
  ];
  prng.pick(actions)();
}
