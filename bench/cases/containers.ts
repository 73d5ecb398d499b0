/**
 * A container that does nothing, from its making to its removal: by the engine's own API, and as attempts of docker tasks
 * through the worker's executor, in turns, on an engine that the case starts for itself.
 */
import { IMAGE, TestEngine } from "../../test/docker/engine.ts";
import { docker, dockerExecutor } from "../../test/docker/executor.ts";
import type { EngineClient } from "../../src/worker/docker/client.ts";
import type { Executor } from "../../src/worker/executor.ts";
import { atMost, type Case, type Figure, scaled } from "../harness/case.ts";
import { median, perSecond } from "../harness/statistics.ts";

const SIDE_BY_SIDE = 4;
const ENGINE = "the engine's own";

/** Nothing but what the engine must be told: no output is read, no folder is mounted. */
async function bareCycle(engine: EngineClient): Promise<void> {
  const body = { Image: IMAGE, Cmd: ["true"], HostConfig: { NetworkMode: "none", LogConfig: { Type: "none" } } };
  const { Id } = (await engine.call("POST", "/containers/create", { body })) as { Id: string };
  await engine.call("POST", `/containers/${Id}/start`);
  await engine.call("POST", `/containers/${Id}/wait`);
  await engine.call("DELETE", `/containers/${Id}`);
}

async function ownCycle(executor: Executor): Promise<void> {
  const name = { task: 1, attempt: 1, id: "t1", type: "docker", arm: "default", timeoutMs: 0 };
  const assignment = { ...name, work: docker({ command: ["true"] }) };
  const { signal } = new AbortController();
  const { outcome, error } = await executor.execute({ assignment, signal, log() {}, progress() {} });
  if (outcome !== "succeeded") throw new Error(`a container that does nothing ended as ${outcome}: ${error?.message}`);
}

async function took(cycle: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await cycle();
  return performance.now() - begun;
}

async function sideBySide(cycle: () => Promise<void>, count: number): Promise<number> {
  let left = count;
  const slot = async (): Promise<void> => {
    while (left-- > 0) await cycle();
  };
  const ms = await took(async () => void (await Promise.all(Array.from({ length: SIDE_BY_SIDE }, slot))));
  return perSecond(count, ms);
}

export const containers: Case = {
  name: "containers",
  title: "a container that does nothing, made, run and removed",
  async run(context) {
    const engine = await TestEngine.start();
    const executor = await dockerExecutor(engine);
    try {
      const bare = (): Promise<void> => bareCycle(engine.client);
      const own = (): Promise<void> => ownCycle(executor);
      const seen = { bare: [] as number[], own: [] as number[] };
      await Promise.all([bare(), own()]);
      // In turns: what else the machine does meets both.
      for (let i = 0; i < scaled(context, 40); i++) {
        seen.bare.push(await took(bare));
        seen.own.push(await took(own));
      }
      const [bareMs, ownMs] = [median(seen.bare), median(seen.own)];
      const count = scaled(context, 80);
      const bareRate = await sideBySide(bare, count);
      const figures: Figure[] = [
        { name: ENGINE, value: bareMs, unit: "ms" },
        { name: "a docker task's", value: ownMs, unit: "ms" },
        { name: "ours to the engine's", value: ownMs / bareMs, unit: "ratio", target: atMost(1.5) },
        { name: `${ENGINE}, ${SIDE_BY_SIDE} at once`, value: bareRate, unit: "/s" },
        { name: `a docker task's, ${SIDE_BY_SIDE} at once`, value: await sideBySide(own, count), unit: "/s" },
      ];
      return { figures, notes: ["ours has an init process, its output read, and one folder for its files"] };
    } finally {
      await executor.close!();
      await engine.stop();
    }
  },
};
