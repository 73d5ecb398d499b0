/** Streams that were opened with a token: they end with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startWithAccess } from "./testing.ts";

test("a stream of events that was opened with a token tells nothing once the token is revoked", async () => {
  await using server = await startWithAccess();
  const admin = await server.token("admin");
  const viewer = await server.token("viewer");
  const feed = await fetch(`${server.url}/api/v1/feed`, { headers: { authorization: `Bearer ${viewer.secret}` } });
  assert.equal(feed.status, 200);
  const task = { type: "f", input: null };
  const { id: before } = (await server.as(admin.secret, "POST", "/api/v1/tasks", task)).body;
  const reader = feed.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  while (!seen.includes(before)) seen += (await reader.read()).value ?? assert.fail("the stream ended too early");
  await server.engine.access.revokeToken(viewer.id);
  const { id: after } = (await server.as(admin.secret, "POST", "/api/v1/tasks", task)).body;
  for (let read = await reader.read(); !read.done; read = await reader.read()) seen += read.value;
  assert.ok(!seen.includes(`"${after}"`), seen);
});
