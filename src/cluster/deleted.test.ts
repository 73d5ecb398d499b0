/** What is kept of namespaces that were deleted, over memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHost } from "../../test/cluster/hosts.ts";
import { until } from "../../test/cluster/servers.ts";
import { filesPrefix } from "./artifacts.ts";
import { addNamespace, listDeleted } from "./namespaces.ts";
import { MemoryShared } from "./testing.ts";

const kept = (shared: MemoryShared, shard: string): string[] =>
  [...shared.objects.keys()].filter((name) => name.split("/")[1] === shard);

async function* text(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1, 2, 3]);
}

test("snapshots and files of a deleted namespace go when their time is over, and no others", async (t) => {
  const shared = new MemoryShared();
  const server = shared.server("a");
  const keeping = await startHost(server, { host: { sweepMs: 20 } });
  const { host } = keeping;
  let open = [keeping];
  t.after(() => Promise.all(open.map((each) => each.stop())));
  for (const name of ["gone", "stays"]) {
    await host.create(name);
    await server.objects.put(`${filesPrefix(name)}abc`, text());
  }
  await host.remove("gone");
  await until("a snapshot and its manifest, and the file", () => kept(shared, "gone").length === 3);
  assert.equal((await listDeleted(server.values)).length, 1);

  // One that keeps nothing takes its place.
  await keeping.stop();
  open = [await startHost(shared.server("b"), { keepDeletedMs: 0, host: { sweepMs: 20 } })];
  await until("nothing is kept", () => kept(shared, "gone").length === 0);
  while ((await listDeleted(server.values)).length > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(kept(shared, "stays").length, 1);
  const again = await addNamespace(server.values, { name: "gone", at: 1, nonce: "n" });
  assert.equal(again.shard, "gone--2", "its shard's name is not given again");
});

test("where nothing is kept, it goes with the namespace", async (t) => {
  const shared = new MemoryShared();
  const only = await startHost(shared.server("a"), { keepDeletedMs: 0 });
  t.after(() => only.stop());
  await only.host.create("gone");
  await only.host.remove("gone");
  await until("nothing is kept", () => kept(shared, "gone").length === 0);
});
