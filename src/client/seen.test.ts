// What was seen of a cluster is named with every read, over each way that the client has.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "./client.ts";
import { connect } from "./mod.ts";
import { json, startPeer } from "./testing.ts";
import { createFetchTransport } from "./transport-fetch.ts";

test("a read names the farthest record that an answer has told of", async () => {
  const told = ["default:7", "default:3", "other:2", "default:5:3", "default:9:0", undefined, "rubbish"];
  const peer = await startPeer(({ path }, response) => {
    const sequence = told.shift();
    if (sequence !== undefined) response.setHeader("octopus-sequence", sequence);
    json(
      response,
      path.endsWith("/tasks") ? 201 : 200,
      path.endsWith("/tasks") ? { count: 1, ids: ["t1"] } : { items: [] },
    );
  });
  try {
    const client = connect(peer.url);
    // Over the quick way of submissions, and then over the usual one.
    await client.submit({ shell: "true" });
    for (let times = 0; times < 6; times++) await client.schedules();
    client.close();
    const named = peer.asked.map(({ headers }) => headers["octopus-after"]);
    // A number of a newer epoch counts more than a larger one of the epoch before.
    const [both, newer] = ["default:7,other:2", "default:5:3,other:2"];
    assert.deepEqual(named, [undefined, "default:7", "default:7", both, newer, newer, newer]);
  } finally {
    await peer.stop();
  }
});

test("a browser names it, too; a server that stands alone is named nothing", async () => {
  let sequence: string | undefined;
  const peer = await startPeer((_, response) => {
    if (sequence !== undefined) response.setHeader("octopus-sequence", sequence);
    json(response, 200, { items: [] });
  });
  try {
    const client = new Client(peer.url, createFetchTransport(peer.url));
    await client.schedules();
    sequence = "default:12";
    await client.schedules();
    await client.schedules();
    client.close();
    const named = peer.asked.map(({ headers }) => headers["octopus-after"]);
    assert.deepEqual(named, [undefined, undefined, "default:12"]);
  } finally {
    await peer.stop();
  }
});
