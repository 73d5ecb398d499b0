/** What happens to workers and to who may do what, for the journal: each kind of event at least once. */
import assert from "node:assert/strict";
import type { Driver } from "./journal.ts";

export async function liveThroughFleet(driver: Driver): Promise<void> {
  await driver.turn({ type: "FoundCluster", cluster: "c-1" });
  await driver.turn({ type: "FoundCluster", cluster: "c-2" });
  const token = { token: "ab12", name: "ci", role: "submitter", hash: "00", expiresAt: driver.now + 1000 } as const;
  await driver.turn({ type: "CreateToken", ...token, arms: ["batch"], by: "first start" });
  await driver.turn({ type: "CreateToken", token: "cd34", name: "box", role: "worker", hash: "11", worker: "box-1" });
  await driver.turn({ type: "RevokeToken", token: "cd34" });
  await driver.turn({ type: "TrustKey", worker: "box-1", key: "k1", by: "ab12" });
  await driver.turn({ type: "TrustKey", worker: "box-1", key: "k2" });
  await driver.turn({ type: "UntrustKey", worker: "box-1", key: "k1" });
  await driver.turn({ type: "DrainWorker", worker: "away", held: true });
  await driver.turn({ type: "DrainWorker", worker: "gone", held: true });
  await driver.turn({ type: "ResumeWorker", worker: "gone" });
  await driver.turn({ type: "ForgetWorker", worker: "gone" });
  await runWithUnits(driver);
}

/** What attempts have of their worker, and where tasks want to run, is there after a restart. */
async function runWithUnits(driver: Driver): Promise<void> {
  const what = { kinds: ["http" as const], functions: [], host: "h", pid: 1, octopus: "test", local: false, holds: [] };
  const offers = {
    resources: { gpu: 3000 },
    units: { gpu: ["0", "1", "5"] },
    labels: { zone: "attic" },
    arms: ["batch"],
  };
  await driver.turn({ type: "ConnectWorker", worker: "g", session: 9, instance: "1", slots: 9, ...what, ...offers });
  const target = {
    labels: [{ label: "zone", op: "in" as const, values: ["attic", "roof"] }],
    prefer: [{ labels: [{ label: "ssd", op: "exists" as const, values: [] }], weight: 2 }],
    spread: "zone",
  };
  const task = { taskType: "http", kind: "http" as const, arm: "batch", priority: 5, work: "{}" };
  await driver.turn({
    type: "SubmitTasks",
    tasks: [
      { ...task, asks: { resources: { gpu: 1500 }, target } },
      { ...task, asks: { resources: { gpu: 500 }, units: { gpu: [1] }, target: { apart: "db" } } },
      { ...task, asks: { resources: { gpu: 2000 }, target: { policy: "pack", near: true } } },
    ],
  });
  const [first, certain] = [...driver.state.workers.get("g")!.attempts];
  assert.deepEqual([first!.live!.units, certain!.live!.units], [{ gpu: [0, 1] }, { gpu: [1] }]);
}
