/** What happens to workers and to who may do what, for the journal: each kind of event at least once. */
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
}
