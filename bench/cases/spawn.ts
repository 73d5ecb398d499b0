/**
 * Commands per second: `/bin/sh -c true` with its output captured, through the whole executor, next to `xargs -P`, which
 * captures nothing and is the machine's own limit. Runnable alone; run both in one go, for machines differ from minute
 * to minute and only the ratio lasts.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createShellExecutor } from "../../src/worker/executors/shell.ts";
import { SpawnerClient, type SpawnerKind } from "../../src/worker/spawner/client.ts";

export interface SpawnFigures {
  tasksPerSecond: number;
  /** `xargs -P` with as many at once, or undefined where there is none. */
  xargsPerSecond: number | undefined;
  /** CPU time of the worker's own process for each command, in microseconds. */
  workerMicrosPerTask: number;
  spawner: SpawnerKind;
  count: number;
  concurrency: number;
}

export async function run(options: { count?: number; concurrency?: number; kind?: SpawnerKind } = {}): Promise<SpawnFigures> {
  const count = options.count ?? 5000;
  const concurrency = options.concurrency ?? 8;
  const spawner = new SpawnerClient({ kind: options.kind });
  const { kind } = await spawner.start();
  // Once to warm up: code is compiled and files are in memory.
  await drain(spawner, Math.ceil(count / 10), concurrency);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await drain(spawner, count, concurrency);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await spawner.close();
  return {
    tasksPerSecond: Math.round(count / seconds),
    xargsPerSecond: await xargs(count, concurrency),
    workerMicrosPerTask: Math.round((user + system) / count),
    spawner: kind,
    count,
    concurrency,
  };
}

async function drain(spawner: SpawnerClient, count: number, concurrency: number): Promise<void> {
  const executor = createShellExecutor({ spawner });
  const { signal } = new AbortController();
  let left = count;
  const slot = async (): Promise<void> => {
    while (left-- > 0) {
      const work = { kind: "shell" as const, shell: { command: "true" } };
      const assignment = { task: left, attempt: 1, id: `t${left}`, type: "shell", arm: "default", timeoutMs: 0, work };
      const { outcome } = await executor.execute({ assignment, signal, log() {}, progress() {} });
      if (outcome !== "succeeded") throw new Error(`a command that does nothing ended as ${outcome}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, slot));
}

async function xargs(count: number, concurrency: number): Promise<number | undefined> {
  const child = spawn("xargs", [`-P${concurrency}`, "-I{}", "/bin/sh", "-c", "true"], { stdio: ["pipe", "ignore", "ignore"] });
  const begun = performance.now();
  child.stdin.on("error", () => undefined);
  child.stdin.end("x\n".repeat(count));
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0 ? Math.round((count / (performance.now() - begun)) * 1000) : undefined;
  } catch {
    return undefined; // There is no xargs here.
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
