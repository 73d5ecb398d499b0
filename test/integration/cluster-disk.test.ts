/**
 * A server that joins a cluster and has no room for what there is: it says that its disk is full, nobody else makes snapshots for
 * it, and it goes on by itself when there is room. A small file system in memory; mounting one needs root.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import { openStore } from "../../src/store/store.ts";
import { withoutNats } from "../nats/server.ts";
import { ClusterPlace } from "./cluster-place.ts";
import { endProcess, until } from "./place.ts";

const skip = withoutNats() ?? false;

function mounted(folder: string): boolean {
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "octopus-test", folder], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

test("a new server without room says so, and begins when there is some", { skip }, async (t) => {
  const cluster = await ClusterPlace.open();
  const folder = join(cluster.place.dir, "small");
  const isMounted = mounted(folder);
  try {
    if (!isMounted) return t.skip("no file system can be mounted here (needs root)");
    // Who joins has to begin from a snapshot: the log begins with one.
    const alone = join(cluster.place.dir, "a");
    openStore(alone).close();
    const moved = await cluster.place.run(["migrate", "--to", cluster.nats.address, "--data", alone]);
    assert.equal(moved.code, 0, moved.err);
    const a = await cluster.start("a");
    await cluster.submit(() => a, [{ id: "there", shell: "true" }]);
    const snapshot = async (): Promise<number | undefined> =>
      (await cluster.ask<ClusterView>(a, "GET", "/cluster")).body.snapshot?.seq;
    const before = await snapshot();

    const small = await cluster.launch("small", ["--data", join(folder, "data")]);
    const reason = async (): Promise<string> => {
      const answer = await fetch(`${small.url}/readyz`).catch(() => undefined);
      return answer === undefined ? "" : answer.text();
    };
    await until("it says why", async () => /the disk is full/.test(await reason()));
    assert.equal(await snapshot(), before);
    execFileSync("mount", ["-o", "remount,size=64m", folder], { stdio: "pipe" });
    await until("it has begun", async () => (await reason()) === "ready\n");
    assert.equal((await cluster.ask(small, "GET", "/tasks/there")).status, 200);
    endProcess(small.started.pid, "SIGTERM");
    await small.started.end;
  } finally {
    // Lazily: a process that was killed may hold the file system for another moment.
    if (isMounted) execFileSync("umount", ["--lazy", folder]);
    await cluster.close();
  }
});
