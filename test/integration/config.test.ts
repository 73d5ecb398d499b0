/** What the configuration says reaches a running server: arms win at each start, secrets sign, limits hold. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "../../src/client/mod.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startServer } from "../../src/root/server.ts";

test("arms of the configuration win over what was set by hand, at each start; other settings reach the server", async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), "octopus-settings-"));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(
    join(cwd, "octopus.yaml"),
    [
      "server: { port: 0 }",
      "log: { level: silent }",
      "schedules: { zone: Asia/Tokyo }",
      "limits: { artifact: 1KiB }",
      "arms:",
      "  builds: { maxParallel: 3, weight: 7, rate: 10/1m/4, aging: 1m, timeout: 5m, retries: 1, handler: build }",
      "  mine: { maxQueued: 5, types: [compile] }",
    ].join("\n"),
  );
  const { config } = loadConfig({ cwd, env: {} });
  for (let start = 0; start < 2; start++) {
    const server = await startServer(config);
    const client = connect(server.url);
    const builds = await client.arm("builds");
    assert.deepEqual(
      [
        builds.maxParallel,
        builds.weight,
        builds.rate,
        builds.agingMs,
        builds.timeoutMs,
        builds.retries,
        builds.handler,
      ],
      [3, 7, { limit: 10, perMs: 60_000, burst: 4 }, 60_000, 300_000, 1, "build"],
    );
    assert.deepEqual(builds.types, ["run-build"]);
    assert.deepEqual((await client.arm("mine")).types, ["compile"]);
    await client.configureArm("builds", { weight: 1, maxParallel: 1, types: ["x"], enabled: false });
    await client.configureArm("deploy", { maxParallel: 1 + start });
    // Nobody configured this one, so what was set by hand stays.
    if (start === 1) assert.equal((await client.arm("batch")).weight, 9);
    await client.configureArm("batch", { weight: 9 });

    const schedule = { name: "s", cron: "0 9 * * *", task: { call: "f" } };
    assert.equal((await client.previewSchedule(schedule)).zone, "Asia/Tokyo");
    const large = await fetch(`${server.url}/api/v1/artifacts`, { method: "PUT", body: new Uint8Array(1025) });
    assert.equal(large.status, 413);
    await large.text();
    client.close();
    await server.stop();
  }
});
