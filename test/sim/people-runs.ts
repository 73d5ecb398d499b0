/** People submit workflow files, and look after what became of them: pause, approve, mark, do again. */
import type { Engine } from "../../src/engine/engine.ts";
import type { RunRetry, TaskMark } from "../../src/protocol/workflow.ts";
import type { Crowd } from "./crowd.ts";
import { drawFlow, GO } from "./flows.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

const NAMES = ["Ada", "Bo"] as const;
/** Tasks and runs that are looked at when somebody is to be answered. */
const LOOKS = 50;

export function submitFlow(crowd: Crowd, engine: Engine): void {
  const { world, witness } = crowd;
  const { prng } = world;
  const file = drawFlow(world);
  const params = { go: prng.pick(GO) };
  const sequential = prng.chance(0.1);
  const submission = {
    definition: JSON.stringify(file),
    params,
    ...(sequential && { executor: "sequential" as const }),
  };
  crowd.ask(
    `submits the workflow ${JSON.stringify(file)}`,
    engine,
    async () => engine.submitRun(await engine.compileRun(submission)),
    ({ id }) => {
      crowd.runs.push(id);
      const run = engine.run(id);
      world.demand(run !== undefined, () => `V4: run ${id} was acknowledged and is not there`);
      for (const task of run!.tasks) crowd.tasks.push(task.id);
      witness.acknowledged(run!.tasks.map((task) => witness.seqOf(task.id)));
    },
  );
}

export function pause(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const live = engine.runs({ state: ["queued", "running"], limit: LOOKS }).items;
  const id = live.length > 0 && prng.chance(0.8) ? prng.pick(live).id : crowd.someRun();
  const paused = prng.chance(0.7);
  crowd.ask(`${paused ? "pauses" : "resumes"} ${id}`, engine, () => engine.pauseRun(id, paused));
}

export function answer(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const asked = engine.tasks({ awaiting: "approval", limit: LOOKS }).items;
  const id = asked.length > 0 && prng.chance(0.9) ? prng.pick(asked).id : crowd.someTask();
  const yes = prng.chance(0.6);
  const verdict = { by: prng.pick(NAMES), ...(prng.chance(0.5) && { note: "because" }) };
  crowd.ask(`${yes ? "approves" : "rejects"} ${id}`, engine, () => engine.approveTask(id, yes, verdict));
}

export function mark(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const id = prng.chance(0.5) ? crowd.someTask() : crowd.someEnded();
  const state = prng.pick(["succeeded", "failed", "skipped"] as const);
  const how: TaskMark = { state, by: prng.pick(NAMES) };
  if (state === "succeeded" && prng.chance(0.3)) how.result = [0, 1];
  crowd.ask(`marks ${id} ${state}`, engine, () => engine.markTask(id, how));
}

export function retryRun(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const id = crowd.someRun();
  const retry = drawRetry(crowd, engine, id);
  if (prng.chance(0.2)) retry.params = { go: prng.pick(GO) };
  crowd.ask(`retries ${id} ${JSON.stringify(retry)}`, engine, () => engine.retryRun(id, retry));
}

function drawRetry(crowd: Crowd, engine: Engine, id: string): RunRetry {
  const { prng } = crowd.world;
  const how = prng.int(4);
  if (how === 0) return {};
  if (how === 1) return { from: "all" };
  const names = engine.run(id)?.tasks.map(({ name }) => name ?? "") ?? [];
  const task = names.length === 0 ? "t0" : prng.pick(names);
  return how === 2 ? { task } : { task, downstream: true };
}

/** When everything is healed, nobody lets anything wait for ever: what is paused goes on, who is asked answers. */
export function lookAfter(world: World, server: Host): void {
  const again = (): void => {
    world.time.after(1000, () => lookAfter(world, server));
  };
  const { engine } = server;
  if (engine === undefined || !engine.ready()) return again();
  const done = (): void => {};
  for (const { id, paused } of engine.runs({ state: ["queued", "running"], limit: LOOKS }).items) {
    if (paused === true) engine.pauseRun(id, false).then(done, done);
  }
  for (const { id } of engine.tasks({ awaiting: "approval", limit: LOOKS }).items) {
    engine.approveTask(id, world.prng.chance(0.7), { by: "Eve" }).then(done, done);
  }
  again();
}
