/**
 * `/bin/sh -c true`, output captured, 8 at once: as durable tasks through `octopus server` and `octopus worker`, and
 * through the worker's executor alone, which tells what the way around it costs.
 */
import { createShellExecutor } from "../../src/worker/executors/shell.ts";
import { SpawnerClient } from "../../src/worker/spawner/client.ts";
import { atLeast, type Case, type CaseContext, scaled } from "../harness/case.ts";
import { durableRate } from "../harness/durable.ts";
import { ARM } from "../harness/octopus.ts";
import { perSecond } from "../harness/statistics.ts";

const SLOTS = 8;
const LIMIT = "xargs -P8 sh -c true";

function durable(context: CaseContext, count: number): Promise<number> {
  return durableRate(context, { slots: SLOTS, count, task: () => ({ shell: "true" }) });
}

async function executorAlone(count: number): Promise<{ value: number; kind: string }> {
  const spawner = new SpawnerClient({});
  const { kind } = await spawner.start();
  const executor = createShellExecutor({ spawner });
  const { signal } = new AbortController();
  const run = async (all: number): Promise<void> => {
    let left = all;
    const slot = async (): Promise<void> => {
      while (left-- > 0) {
        const work = { kind: "shell" as const, shell: { command: "true" } };
        const assignment = { task: left, attempt: 1, id: `t${left}`, type: "shell", arm: ARM, timeoutMs: 0, work };
        const { outcome } = await executor.execute({ assignment, signal, log() {}, progress() {} });
        if (outcome !== "succeeded") throw new Error(`a command that does nothing ended as ${outcome}`);
      }
    };
    await Promise.all(Array.from({ length: SLOTS }, slot));
  };
  await run(Math.ceil(count / 10));
  const begun = performance.now();
  await run(count);
  const value = perSecond(count, performance.now() - begun);
  await spawner.close();
  return { value, kind };
}

export const commands: Case = {
  name: "commands",
  title: "/bin/sh -c true, output captured, 8 at once",
  async run(context) {
    const count = scaled(context, 10_000);
    const alone = await executorAlone(count);
    return {
      figures: [
        {
          name: "durable, one worker process",
          value: await durable(context, count),
          unit: "/s",
          target: atLeast(5000),
          limit: LIMIT,
        },
        { name: "executor alone", value: alone.value, unit: "/s", limit: LIMIT },
      ],
      notes: [`${count} commands, spawner: ${alone.kind}`],
    };
  },
};
