/** What happens to plugins, for the journal: new versions, old ones that go, removals and returns. */
import assert from "node:assert/strict";
import type { Driver } from "./journal.ts";

export async function liveThroughPlugins(driver: Driver): Promise<void> {
  const publish = (plugin: string, hash: string, keep = 20) =>
    driver.turn({
      ...{ type: "PublishPlugin", plugin, hash, keep, language: "python", actions: ["main", "Ü"], source: "folder" },
      files: [
        { path: "main.py", sha256: hash.repeat(32), bytes: 12 },
        { path: "data/x.txt", sha256: "f".repeat(64), bytes: 0 },
      ],
      manifest: JSON.stringify({ description: `☃ ${hash}` }),
      ...(hash === "cc" && { by: "ab12", source: "upload" as const }),
    });
  await publish("report", "aa");
  await publish("report", "aa");
  await publish("report", "bb");
  await publish("gone", "aa");
  await driver.turn({ type: "RemovePlugin", plugin: "gone", by: "ab12" });
  await publish("back", "aa");
  await driver.turn({ type: "RemovePlugin", plugin: "back" });
  await publish("back", "aa");
  const pinned = { taskType: "p", kind: "plugin" as const, arm: "default", priority: 5, work: "{}" };
  await driver.turn({ type: "SubmitTasks", tasks: [{ ...pinned, asks: { plugin: "report@1" } }] });
  await publish("report", "cc", 2);
  await publish("report", "dd", 2);
  const report = driver.state.plugins.get("report")!;
  assert.deepEqual([[...report.versions.keys()], report.newest.version], [[1, 3, 4], 4]);
  const { library } = driver.under;
  assert.deepEqual([library.artifactUsed("cc".repeat(32)), library.artifactUsed("bb".repeat(32))], [true, false]);
}
