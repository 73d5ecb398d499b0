/** People drain, resume and forget workers. */
import type { Engine } from "../../src/engine/engine.ts";
import type { Crowd } from "./crowd.ts";
import { LOCAL } from "./local-worker.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

function someWorker({ world: { prng }, workerNames }: Crowd): string {
  return prng.chance(0.1) ? prng.pick([LOCAL, "liar1", "nobody"]) : prng.pick(workerNames);
}

function drainOne(crowd: Crowd, engine: Engine, name: string): void {
  crowd.ask(`drains ${name}`, engine, () => engine.fleet.drain(name));
}

function resumeOne(crowd: Crowd, engine: Engine, name: string): void {
  crowd.ask(`resumes ${name}`, engine, () => engine.fleet.resume(name));
}

function forgetOne(crowd: Crowd, engine: Engine, name: string): void {
  crowd.ask(
    `forgets ${name}`,
    engine,
    () => engine.fleet.forget(name),
    () => {
      const isGone = engine.fleet.worker(name) === undefined || engine.state.workers.has(name);
      crowd.world.demand(isGone, () => `V28: ${name} is forgotten, and still on the list`);
    },
  );
}

export function drain(crowd: Crowd, engine: Engine): void {
  drainOne(crowd, engine, someWorker(crowd));
}

export function resume(crowd: Crowd, engine: Engine): void {
  const held = engine.fleet.workers().filter((worker) => worker.held === true);
  const { prng } = crowd.world;
  resumeOne(crowd, engine, held.length > 0 && prng.chance(0.7) ? prng.pick(held).name : someWorker(crowd));
}

/** Mostly one that is away: others are refused. */
export function forget(crowd: Crowd, engine: Engine): void {
  const away = engine.fleet.workers().filter(({ name }) => !engine.state.workers.has(name));
  const { prng } = crowd.world;
  forgetOne(crowd, engine, away.length > 0 && prng.chance(0.8) ? prng.pick(away).name : someWorker(crowd));
}

/** Several people want different things of one worker at the same moment. */
export function quarrel(crowd: Crowd, engine: Engine): void {
  const name = someWorker(crowd);
  for (let i = 0; i < 3; i++) crowd.world.prng.pick([drainOne, resumeOne, forgetOne])(crowd, engine, name);
}

/** When everything is healed, nobody leaves a worker without work. */
export function resumeAll(world: World, server: Host): void {
  world.time.after(500, () => {
    const { engine } = server;
    const done = (): void => {};
    for (const { name, held } of engine?.ready() === true ? engine.fleet.workers() : []) {
      if (held === true) engine!.fleet.resume(name).then(done, done);
    }
    resumeAll(world, server);
  });
}
