/** People cancel, retry, delete, dismiss and move tasks, and begin such things for many at once. */
import { TASK_STATES } from "../../src/base/words.ts";
import type { BulkSpec, RetryChange } from "../../src/engine/api.ts";
import type { BulkFilter } from "../../src/engine/filters.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Crowd } from "./crowd.ts";
import { ARMS } from "./work.ts";
import { OWNERS } from "./wishes.ts";

export function cancel(crowd: Crowd, engine: Engine): void {
  const id = crowd.someTask();
  crowd.ask(`cancels ${id}`, engine, () => engine.cancelTask(id));
}

export function cancelRun(crowd: Crowd, engine: Engine): void {
  const id = crowd.someRun();
  crowd.ask(`cancels ${id}`, engine, () => engine.cancelRun(id));
}

export function retry(crowd: Crowd, engine: Engine): void {
  const id = crowd.someEnded();
  const change = crowd.world.prng.chance(0.2) ? changeOf(crowd, engine, id) : undefined;
  crowd.ask(`retries ${id} ${JSON.stringify(change) ?? ""}`, engine, () => engine.retryTask(id, change));
}

/** Another input for it, of the sort that it understands. */
function changeOf(crowd: Crowd, engine: Engine, id: string): RetryChange | undefined {
  const work = engine.task(id)?.work as { kind?: string; call?: string } | undefined;
  const { prng } = crowd.world;
  if (work?.kind === "shell") return { input: { COLOUR: prng.pick(["red", "blue"]) } };
  if (work?.call === "echo") return { input: { n: 10 + prng.int(4), ms: 5, fails: false } };
  if (work?.kind === "call" && work.call !== "note" && work.call !== "list") return { input: prng.int(50) };
  return undefined;
}

export function remove(crowd: Crowd, engine: Engine): void {
  const id = crowd.someEnded();
  crowd.ask(`deletes ${id}`, engine, () => engine.deleteTask(id));
}

export function dismiss(crowd: Crowd, engine: Engine): void {
  const id = crowd.someEnded();
  crowd.ask(`dismisses ${id}`, engine, () => engine.dismissTask(id));
}

export function move(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const id = crowd.someTask();
  // What is in the arm `fair` stays there, as it is.
  if (engine.task(id)?.arm === "fair") return;
  const change = {
    ...(prng.chance(0.7) && { arm: prng.pick(ARMS) }),
    ...(prng.chance(0.7) && { priority: prng.int(11) }),
  };
  crowd.ask(`moves ${id} to ${JSON.stringify(change)}`, engine, () => engine.moveTask(id, change));
}

/** What waits is put off, or brought forward. */
export function reschedule(crowd: Crowd, engine: Engine): void {
  const { prng, time } = crowd.world;
  const id = crowd.someTask();
  if (engine.task(id)?.arm === "fair") return;
  const dueAt = prng.chance(0.4) ? 0 : time.now + prng.int(20_000);
  crowd.ask(`puts ${id} off until ${dueAt}`, engine, () => engine.rescheduleTask(id, dueAt));
}

function drawFilter(crowd: Crowd): BulkFilter {
  const { prng } = crowd.world;
  if (crowd.tasks.length > 0 && prng.chance(0.3)) {
    return { ids: [...new Set(Array.from({ length: 1 + prng.int(10) }, () => crowd.someTask()))] };
  }
  return prng.pick<BulkFilter>([
    { arm: prng.pick(ARMS) },
    { arm: prng.pick(ARMS), state: [prng.pick(TASK_STATES)] },
    { owner: prng.pick(OWNERS), arm: prng.pick(ARMS) },
    { key: `k${prng.int(3)}`, arm: prng.pick(ARMS) },
    { dead: true, arm: prng.pick(ARMS) },
    { type: "succeed", arm: "default" },
  ]);
}

export function startBulk(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const filter = drawFilter(crowd);
  const spec = prng.pick<BulkSpec>([
    { action: "cancel", filter },
    { action: "retry", filter },
    { action: "delete", filter },
    { action: "dismiss", filter },
    // By arm alone, so that nothing in the arm `fair` changes.
    ...(filter.ids === undefined
      ? [
          { action: "priority" as const, filter, priority: prng.int(11) },
          { action: "move" as const, filter, arm: prng.pick(ARMS) },
        ]
      : []),
  ]);
  crowd.ask(
    `begins ${JSON.stringify(spec)}`,
    engine,
    () => engine.startBulk(spec),
    ({ id }) => {
      crowd.bulks.push(id);
      crowd.world.demand(engine.bulk(id) !== undefined, () => `V4: bulk ${id} was acknowledged and is gone`);
    },
  );
}

export function cancelBulk(crowd: Crowd, engine: Engine): void {
  const id = crowd.bulks.length === 0 ? "b1" : crowd.world.prng.pick(crowd.bulks);
  crowd.ask(`stops ${id}`, engine, () => engine.cancelBulk(id));
}
