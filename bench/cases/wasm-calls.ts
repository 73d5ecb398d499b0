/**
 * WebAssembly tasks: a small module that writes one line, as durable tasks through a server and a worker, and through the
 * worker's executor alone; and what the first one costs, which starts the thread and compiles.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PluginCopy } from "../../src/protocol/plugin.ts";
import type { Executor } from "../../src/worker/executor.ts";
import { createWasmExecutor } from "../../src/worker/wasm/run.ts";
import { wasmSteps } from "../../test/wasm/programs.ts";
import { atLeast, type Case, type CaseContext, scaled } from "../harness/case.ts";
import { durableRate } from "../harness/durable.ts";
import { ARM } from "../harness/octopus.ts";
import { perSecond } from "../harness/statistics.ts";

const SLOTS = 4;
const NAME = "line";

function moduleBytes(): Uint8Array {
  return wasmSteps([{ print: "a line" }]) as Uint8Array;
}

function durable(context: CaseContext, count: number): Promise<number> {
  const base64 = Buffer.from(moduleBytes()).toString("base64");
  return durableRate(context, {
    slots: SLOTS,
    count,
    task: () => ({ wasm: NAME }),
    prepare: (client) => client.setPlugin(NAME, [{ path: `${NAME}.wasm`, base64 }]),
  });
}

/** Calls a second, and milliseconds of the first. */
async function alone(count: number): Promise<{ value: number; firstMs: number }> {
  const folder = mkdtempSync(join(tmpdir(), "octopus-bench-"));
  writeFileSync(join(folder, `${NAME}.wasm`), moduleBytes());
  const files = [{ path: `${NAME}.wasm`, sha256: "", bytes: 0 }];
  const plugin: PluginCopy = { name: NAME, version: 1, hash: "bench", language: "wasm", files };
  const executor = createWasmExecutor({ copies: { take: async () => ({ folder, release() {} }) } });
  const begun = performance.now();
  await runAll(executor, plugin, 1);
  const firstMs = performance.now() - begun;
  await runAll(executor, plugin, Math.ceil(count / 10));
  const warm = performance.now();
  await runAll(executor, plugin, count);
  const value = perSecond(count, performance.now() - warm);
  await executor.close!();
  rmSync(folder, { recursive: true });
  return { value, firstMs };
}

async function runAll(executor: Executor, plugin: PluginCopy, count: number): Promise<void> {
  const { signal } = new AbortController();
  let left = count;
  const slot = async (): Promise<void> => {
    while (left-- > 0) {
      const work = { kind: "wasm" as const, wasm: { module: NAME } };
      const name = { task: left, attempt: 1, id: `t${left}`, type: "wasm", arm: ARM, timeoutMs: 0 };
      const assignment = { ...name, work, plugin };
      const { outcome, error } = await executor.execute({ assignment, signal, log() {}, progress() {} });
      if (outcome !== "succeeded")
        throw new Error(`a module that prints a line ended as ${outcome}: ${error?.message}`);
    }
  };
  await Promise.all(Array.from({ length: SLOTS }, slot));
}

export const wasmCalls: Case = {
  name: "wasm-calls",
  title: "a small WebAssembly module, 4 at once",
  async run(context) {
    const count = scaled(context, 20_000);
    const { value, firstMs } = await alone(count);
    return {
      figures: [
        {
          name: "durable, one worker process",
          value: await durable(context, count),
          unit: "/s",
          target: atLeast(2000),
        },
        { name: "executor alone", value, unit: "/s" },
        { name: "the first, with its thread", value: firstMs, unit: "ms" },
      ],
      notes: [`${count} modules, a new instance and a new memory each`],
    };
  },
};
