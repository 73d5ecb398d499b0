/** People submit tasks, runs and plans, and the same ones again. */
import { OctopusError } from "../../src/base/errors.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import type { RunSpec } from "../../src/protocol/workflow.ts";
import type { Crowd } from "./crowd.ts";
import { drawAlike, onAll } from "./targets.ts";
import { drawNeeds, drawSpec, FAIR } from "./work.ts";

/** A refused submission has changed nothing. */
const REFUSALS = ["conflict", "invalid", "too_large", "queue_full", "not_found", "not_leader"];

export function submit(crowd: Crowd, engine: Engine): void {
  const { world, witness } = crowd;
  const { prng, options } = world;
  const count = prng.chance(0.5) ? 1 : 1 + prng.int(options.bulkMax);
  const fresh: TaskSpec[] = [];
  const tag = `s${world.steps}.${crowd.left}`;
  const specs = Array.from({ length: count }, (_, index) => {
    if (crowd.specs.size > 0 && prng.chance(0.1)) return prng.pick([...crowd.specs.values()]);
    const spec = drawSpec(world, crowd.workerNames, crowd.server.process.now());
    if (prng.chance(0.3)) spec.id = prng.chance(0.2) ? `k${prng.int(6)}` : `n${crowd.left}.${index}`;
    // One with an id may come again in another submission, so its tag would tell nothing.
    else spec.tags = [tag];
    const whole = spec.arm === FAIR ? spec : onAll(spec, world);
    fresh.push(whole);
    return whole;
  });
  drawAlike(fresh, world);
  if (prng.chance(0.5)) drawNeeds(prng, fresh, crowd.tasks.slice(-10));
  // Remembered before the answer: whoever hears nothing submits the same again.
  for (const spec of fresh) if (spec.id !== undefined && !crowd.specs.has(spec.id)) crowd.specs.set(spec.id, spec);
  const before = witness.submittedAs(tag);
  const call = async () => {
    try {
      return await engine.submit(specs);
    } catch (error) {
      const isRefusal = error instanceof OctopusError && REFUSALS.includes(error.code);
      const kept = witness.submittedAs(tag) - before;
      world.demand(!isRefusal || kept === 0, () => `${kept} tasks of a refused submission were accepted`);
      throw error;
    }
  };
  crowd.ask(`submits ${count} tasks`, engine, call, (accepted) => {
    for (const { id } of accepted) {
      const isThere = engine.task(id) !== undefined || witness.isDeleted(id);
      world.demand(isThere, () => `V4: ${id} was acknowledged and cannot be found`);
      if (!crowd.tasks.includes(id)) crowd.tasks.push(id);
    }
    witness.acknowledged(accepted.map(({ id }) => witness.seqOf(id)));
  });
}

function submitAsRun(crowd: Crowd, engine: Engine, spec: RunSpec, what: string): void {
  const { world, witness } = crowd;
  const { prng, options } = world;
  const { deadlines } = options.wishes;
  if (deadlines > 0 && prng.chance(deadlines)) spec.timeoutMs = prng.pick([50, 1000, 20_000]);
  crowd.ask(
    what,
    engine,
    () => engine.submitRun(spec),
    ({ id }) => {
      crowd.runs.push(id);
      const run = engine.run(id);
      const isWhole = run !== undefined && run.tasks.length >= spec.tasks.length;
      world.demand(isWhole, () => `V4: run ${id} was acknowledged and is not whole`);
      for (const task of run!.tasks) crowd.tasks.push(task.id);
      witness.acknowledged(run!.tasks.map((task) => witness.seqOf(task.id)));
    },
  );
}

export function submitRun(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const tasks = Array.from({ length: prng.int(8) }, (_, index) => ({
    ...drawSpec(crowd.world, crowd.workerNames, crowd.server.process.now()),
    id: `step${index}`,
  }));
  drawNeeds(prng, tasks, []);
  submitAsRun(crowd, engine, { workflow: "flow", tasks }, `submits a run of ${tasks.length}`);
}

export function submitPlan(crowd: Crowd, engine: Engine): void {
  const { prng } = crowd.world;
  const planner = prng.pick(["ladder", "fan"]);
  const how = prng.pick(["fail 5", "flaky 20", "hang 0", "succeed 300"]);
  const spec: RunSpec = { workflow: planner, planner, definition: planner, params: { how }, tasks: [] };
  submitAsRun(crowd, engine, spec, `submits a plan of ${planner}, which ${how}`);
}

/** Several people want different things of one ended task at the same moment. */
export function meet(crowd: Crowd, engine: Engine): void {
  const { witness, world } = crowd;
  const id = crowd.someEnded();
  const spec = crowd.specs.get(id);
  const remove = () => crowd.ask(`meets: deletes ${id}`, engine, () => engine.deleteTask(id));
  const retry = () => crowd.ask(`meets: retries ${id}`, engine, () => engine.retryTask(id));
  const again = () => {
    if (spec === undefined) return;
    crowd.ask(
      `meets: submits ${id}`,
      engine,
      () => engine.submit([spec]),
      ([accepted]) => witness.acknowledged([witness.seqOf(accepted!.id)]),
    );
  };
  const dismiss = () => crowd.ask(`meets: dismisses ${id}`, engine, () => engine.dismissTask(id));
  const wishes = [remove, remove, retry, retry, () => clear(crowd, engine), again, dismiss];
  for (let i = 0; i < 3; i++) world.prng.pick(wishes)();
}

export function clear(crowd: Crowd, engine: Engine): void {
  const keep = crowd.world.prng.int(30);
  crowd.ask(`clears all but ${keep}`, engine, () => engine.clearEnded(keep));
}
