/** The list of namespaces, over memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addNamespace, listNamespaces, prepareShard } from "./namespaces.ts";
import { MemoryShared } from "./testing.ts";

test("what a restore that was cut short has left is not taken for the namespace that is made next", async () => {
  const backend = new MemoryShared().server("a");
  const { log } = await backend.shard("team");
  await log.append(new Uint8Array([1]), 0);
  const prepare = (shard: string) => prepareShard(backend, shard);
  const made = await addNamespace(backend.values, { name: "team", at: 1, nonce: "one", prepare });
  assert.equal(made.shard, "team--2");
  const names = (await listNamespaces(backend.values)).map(({ shard }) => shard);
  assert.deepEqual(names, ["default", "team--2"]);
  await assert.rejects(addNamespace(backend.values, { name: "team", at: 2, nonce: "two", prepare }), {
    message: /there is a namespace "team" already/,
  });
});
