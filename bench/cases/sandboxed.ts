/** What it costs to keep a command in: `/bin/sh -c true` through the worker's executor, 2 at once, with more and more kept from it. */
import { SpawnerClient } from "../../src/worker/spawner/client.ts";
import { createShellExecutor } from "../../src/worker/executors/shell.ts";
import type { Executor } from "../../src/worker/executor.ts";
import { type SandboxWish, sandboxParts } from "../../src/protocol/work/sandbox-parts.ts";
import { detectSandbox } from "../../src/worker/sandbox/detect.ts";
import { type Case, scaled } from "../harness/case.ts";
import { perSecond } from "../harness/statistics.ts";

const SLOTS = 2;
const KINDS: Record<string, SandboxWish | undefined> = {
  "no sandbox": undefined,
  "limits alone": { openFiles: 256 },
  "no network": { network: "none" },
  "no network, read-only files": { network: "none", files: "readonly" },
  "all that `sandbox: true` means": { network: "none", files: "readonly", processes: "own" },
};

async function callsPerSecond(executor: Executor, sandbox: SandboxWish | undefined, count: number): Promise<number> {
  const { signal } = new AbortController();
  let left = count;
  const shell = { command: "true", ...(sandbox !== undefined && { sandbox }) };
  const slot = async (): Promise<void> => {
    while (left-- > 0) {
      const name = { task: left, attempt: 1, id: `t${left}`, type: "shell", arm: "default", timeoutMs: 0 };
      const assignment = { ...name, work: { kind: "shell" as const, shell } };
      const { outcome, error } = await executor.execute({ assignment, signal, log() {}, progress() {} });
      if (outcome !== "succeeded")
        throw new Error(`a command that does nothing ended as ${outcome}: ${error?.message}`);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: SLOTS }, slot));
  return perSecond(count, performance.now() - begun);
}

export const sandboxed: Case = {
  name: "sandboxed",
  title: "/bin/sh -c true in a sandbox, 2 at once",
  async run(context) {
    const { can, mode, tools } = await detectSandbox();
    const spawner = new SpawnerClient({});
    const executor = createShellExecutor({ spawner });
    const figures = [];
    for (const [name, sandbox] of Object.entries(KINDS)) {
      if (sandbox !== undefined && !sandboxParts(sandbox).every((part) => can.has(part))) continue;
      const count = scaled(context, sandbox === undefined ? 2000 : 500);
      await callsPerSecond(executor, sandbox, 20);
      figures.push({ name, value: await callsPerSecond(executor, sandbox, count), unit: "/s" as const });
    }
    await executor.close!();
    await spawner.close();
    return {
      figures,
      notes: [`namespaces by the rights of ${mode}, mounts by ${tools.perl === undefined ? "mount" : "perl"}`],
    };
  },
};
