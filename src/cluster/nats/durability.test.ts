/** What an acknowledgement survives is said as it is: with real servers that sync each write, and that do not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NatsServer, withoutNats } from "../../../test/nats/server.ts";
import { freePort } from "../../../test/server-process.ts";
import type { BackendView } from "../ports.ts";
import { connectNats } from "./backend.ts";
import { durabilityWords, monitorOf } from "./durability.ts";
import { SUITE_MS_MAX } from "../../../test/machine.ts";

async function viewOf(isSynced: boolean): Promise<BackendView> {
  const port = await freePort();
  await using nats = await NatsServer.start([], { config: `http: "127.0.0.1:${port}"`, isSynced });
  const settings = { servers: [`nats://o:secret@${nats.address}`], cluster: "test", server: "a", replicas: 1 };
  const backend = await connectNats({ ...settings, monitor: `http://127.0.0.1:${port}` });
  try {
    return await backend.view();
  } finally {
    await backend.close();
  }
}

describe("durability in words", { skip: withoutNats() ?? false, timeout: SUITE_MS_MAX }, () => {
  test("a server that syncs each write", async () => {
    const view = await viewOf(true);
    assert.match(view.durability, /survives a power cut of that server, too: each write is synced/);
    assert.deepEqual(view.warnings, []);
    assert.match(view.version, /^\d+\.\d+\.\d+$/);
    assert.ok(!view.address.includes("secret"), view.address);
  });

  test("a server as it comes", async () => {
    const view = await viewOf(false);
    assert.match(view.durability, /A power cut of that server loses up to the last 120 s \(sync_interval\)/);
    assert.match(view.warnings.join("\n"), /"sync_interval: always"/);
  });

  test("several servers, and what is not known", () => {
    const three = durabilityWords(3, { kind: "always" });
    assert.match(three.durability, /majority of 3 NATS servers: it survives the loss of 1 of them/);
    assert.match(durabilityWords(5, { kind: "always" }).durability, /the loss of 2 of them/);
    const unknown = durabilityWords(3, { kind: "unknown" });
    assert.match(unknown.durability, /power cut of all of them at once is not known/);
    assert.match(unknown.warnings.join("\n"), /jsz\?config=true.*cluster\.monitor/s);
    assert.equal(monitorOf("10.0.0.4:4222"), "http://10.0.0.4:8222");
    assert.equal(monitorOf("[::1]:4222"), "http://[::1]:8222");
  });
});
