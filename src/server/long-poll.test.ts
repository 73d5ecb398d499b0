// What a server that closes tells those who wait for an end, while a turn of it is on its way into the log of a cluster.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryShared } from "../cluster/testing.ts";
import { startServer, submit, until } from "../../test/cluster/servers.ts";
import { startHarness } from "./testing/harness.ts";
import { watchListeners } from "./testing/listeners.ts";

test("a server that closes in the midst of an append told who waits of what never happened", async () => {
  const shared = new MemoryShared();
  const one = await startServer(shared.server("a"), { settings: { unknownMs: 60_000 } });
  try {
    await submit([one]);
    const listeners = watchListeners(one.engine);
    await using h = await startHarness({ engine: one.engine });
    const poll = h.ask("/api/v1/tasks/t1?wait=60s");
    await until("the server waits", () => listeners.count() === 1);
    let answer: ((outcome: "refused") => void) | undefined;
    shared.log.onAppend = () => new Promise((resolve) => (answer = resolve));
    const cancelled = one.engine.cancelTask("t1");
    cancelled.catch(() => {});
    await until("the turn is under way", () => answer !== undefined && one.engine.settled() !== undefined);
    const closed = h.server.close(60_000);
    // Who tells of what it sees now does so in this turn of the loop.
    await new Promise(setImmediate);
    shared.log.onAppend = undefined;
    answer!("refused");
    await assert.rejects(cancelled, { code: "not_leader" });
    assert.equal((await poll).body.state, "queued");
    await closed;
  } finally {
    shared.log.onAppend = undefined;
    await one.stop();
  }
});
