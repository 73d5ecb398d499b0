/** Commands of pools, with real ones. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadConfig } from "../config/load.ts";
import type { Log } from "../engine/ports.ts";
import { createScaler, poolSettings } from "./scaling.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-scaler-"));
after(() => rmSync(dir, { recursive: true }));
const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function scaler(pool: Record<string, string>, join?: (worker: string) => Promise<string>) {
  const env: Record<string, string> = {
    OCTOPUS_WORKER_GRACE: "2s",
    OCTOPUS_TASKS_GRACE: "2s",
    OCTOPUS_POOLS_P_LABELS: "p=1",
  };
  for (const [name, value] of Object.entries(pool)) env[`OCTOPUS_POOLS_P_${name}`] = value;
  const { config } = loadConfig({ cwd: dir, env });
  const made = createScaler({ config, log, url: () => "http://127.0.0.1:1", ...(join && { join }) });
  return { config, made };
}

const order = { pool: "p", worker: "p-1", labels: { zone: "attic", disk: "ssd" } };

test("a command finds the settings of the worker that it is to start", async () => {
  const file = join(dir, "env");
  const { made } = scaler({ SCALE_UP: `env > ${file}`, SLOTS: "3", RESOURCES: "gpu=[a,b]" }, async () => "octojoin_x");
  await made!.start(order);
  const env = readFileSync(file, "utf8").split("\n");
  for (const line of [
    ...["OCTOPUS_POOL=p", "OCTOPUS_WORKER_NAME=p-1", "OCTOPUS_WORKER_LABELS=zone=attic,disk=ssd"],
    ...["OCTOPUS_SERVER_URL=http://127.0.0.1:1", "OCTOPUS_WORKER_SLOTS=3", "OCTOPUS_WORKER_RESOURCES=gpu=[a,b]"],
    "OCTOPUS_WORKER_JOIN=octojoin_x",
  ]) {
    assert.ok(env.includes(line), line);
  }
  await made!.close();
});

test("a command that fails says so, with the end of what it said", async () => {
  const { made } = scaler({ SCALE_UP: "echo no machine is left >&2; exit 7", SCALE_DOWN: "exit 8" });
  await assert.rejects(
    made!.start(order),
    /^OctopusError: scaleUp for worker p-1 exited with code 7: no machine is left$/,
  );
  await assert.rejects(made!.stop(order), /exited with code 8/);
  await made!.close();
});

test("a command that runs on is the worker: it ends when that is let go, and with the server", async () => {
  const ended = join(dir, "ended");
  const begun = join(dir, "begun");
  const { made } = scaler({ SCALE_UP: `trap 'touch ${ended}; exit 0' TERM; touch ${begun}; sleep 60 & wait` });
  const first = made!.start(order);
  while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 10));
  await made!.stop(order);
  await first;
  assert.ok(existsSync(ended));
  // One that is let go before it has begun never begins.
  const none = made!.start(order);
  await made!.stop(order);
  await none;
  const second = made!.start(order);
  await made!.close();
  await second;
});

test("a pool without commands is only looked at", () => {
  const { config, made } = scaler({ MAX: "3" });
  assert.equal(made, undefined);
  const [pool] = poolSettings(config);
  assert.deepEqual(
    [pool!.name, pool!.max, pool!.canStart, pool!.canStop, pool!.waitMs],
    ["p", 3, false, false, 60_000],
  );
});
