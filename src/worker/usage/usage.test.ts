/** Real processes and a program that says what nvidia-smi says. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { GpuLook, parseGpus } from "./gpu.ts";
import { groupUsage } from "./groups.ts";
import { MachineLook } from "./machine.ts";
import { Usage } from "./usage.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-usage-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const SAID =
  "0, NVIDIA H200, 12, 143771, 5120\n1, NVIDIA H200, [N/A], 143771, [Not Supported]\nFailed to talk to the driver\n";
const GiB = 1024 ** 3;

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("what nvidia-smi says is read, and what it does not know is left out", async () => {
  const calls = join(folder, "calls");
  const look = new GpuLook(program("nvidia-smi", `echo "$@" >> ${calls}; printf '${SAID.replaceAll("\n", "\\n")}'`));
  const expected = [
    { index: 0, name: "NVIDIA H200", load: 0.12, memoryBytes: 143_771 * 1024 ** 2, memoryUsedBytes: 5 * GiB },
    { index: 1, name: "NVIDIA H200", memoryBytes: 143_771 * 1024 ** 2 },
  ];
  assert.deepEqual(await look.look(), expected);
  // It is asked at most every ten seconds.
  assert.deepEqual(await look.look(), expected);
  assert.equal(readFileSync(calls, "utf8").trim().split("\n").length, 1);
  assert.match(readFileSync(calls, "utf8"), /^--query-gpu=index,name,utilization\.gpu,memory\.total,memory\.used /);
  assert.deepEqual(parseGpus(""), []);
});

test("a machine without nvidia-smi, or with one that fails, has no GPUs", async () => {
  assert.deepEqual(await new GpuLook(join(folder, "absent")).look(), []);
  assert.deepEqual(await new GpuLook(program("broken", "echo 0, X, 1, 1, 1; exit 9")).look(), []);
});

test("the machine has processors, memory and a disk", async () => {
  const seen = await new MachineLook(folder).look();
  assert.ok(seen.cores! >= 1 && seen.memoryBytes! > seen.memoryUsedBytes! && seen.memoryUsedBytes! > 0);
  assert.ok(seen.diskBytes! > seen.diskUsedBytes!);
});

test("an attempt's use is that of its whole process group", { skip: process.platform !== "linux" }, async () => {
  const ready = join(folder, "ready");
  // Burns processor time in a child that is waited for, then in one that goes on.
  const script = `i=0; (while [ $i -lt 100000 ]; do i=$((i+1)); done); touch ${ready}; sleep 60 & wait`;
  const child = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
  try {
    while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 10));
    const found = await groupUsage(new Set([child.pid!]));
    const { cpuMs, rssBytes } = found.get(child.pid!)!;
    assert.ok(cpuMs >= 10, String(cpuMs));
    assert.ok(rssBytes > 500_000, String(rssBytes));

    const usage = new Usage({ dir: folder });
    assert.equal(usage.takeLatest(), undefined);
    usage.sample([{ assignment: { task: 7, attempt: 2 }, group: () => child.pid }]);
    let latest = usage.takeLatest();
    for (; latest === undefined; latest = usage.takeLatest()) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual([latest.attempts![0]!.task, latest.attempts![0]!.attempt], [7, 2]);
    assert.ok(latest.attempts![0]!.rssBytes! > 500_000);
    assert.equal(usage.takeLatest(), undefined);
  } finally {
    process.kill(-child.pid!, "SIGKILL");
    await once(child, "exit");
  }
});
