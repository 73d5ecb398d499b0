import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type Client, connect } from "../client/mod.ts";
import { json, startPeer } from "../client/testing.ts";
import { createOutput } from "./output.ts";
import { sayWhyWaits } from "./why-waits.ts";

async function clientOf(t: TestContext, found: object, onAsked?: () => void): Promise<Client> {
  const peer = await startPeer((_, response) => {
    json(response, 200, found);
    onAsked?.();
  });
  const client = connect(peer.url);
  t.after(() => (client.close(), peer.stop()));
  return client;
}

test("whoever waits for a task that no worker can run hears why", async (t) => {
  const message = "worker attic has no function named resize";
  const found = { id: "t1", state: "queued", summary: message, reasons: [{ code: "no_worker", message }] };
  const client = await clientOf(t, found);
  const heard = Promise.withResolvers<string>();
  using _ = sayWhyWaits(client, { ...createOutput("table"), note: (text) => heard.resolve(text) }, "t1", 1);
  assert.equal(await heard.promise, `still waiting: t1  ${message}`);
});

test("a task that runs is not spoken of, nor one whose wait is over", async (t) => {
  const asked = Promise.withResolvers<undefined>();
  const found = { id: "t1", state: "running", summary: "it runs", reasons: [] };
  const client = await clientOf(t, found, () => asked.resolve(undefined));
  const heard: string[] = [];
  const watch = sayWhyWaits(client, { ...createOutput("table"), note: (text) => heard.push(text) }, "t1", 1);
  await asked.promise;
  await client.explain("t1");
  watch[Symbol.dispose]();
  assert.deepEqual(heard, []);
});
