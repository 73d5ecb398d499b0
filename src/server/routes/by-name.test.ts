/** Lists that are whole in memory, a page at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHarness } from "../testing/harness.ts";
import { pageByName } from "./by-name.ts";

test("pages by name give each once, in the order of names, whatever comes and goes between them", () => {
  const items = ["c", "a", "d", "b"].map((name) => ({ name }));
  assert.deepEqual(pageByName(items, {}), { items });
  const first = pageByName(items, { limit: 2 });
  assert.deepEqual(first, { items: [{ name: "a" }, { name: "b" }], next: "b" });
  const others = items.filter(({ name }) => name !== "b").concat({ name: "bb" }, { name: "0" });
  assert.deepEqual(pageByName(others, { limit: 2, after: first.next }), {
    items: [{ name: "bb" }, { name: "c" }],
    next: "c",
  });
  assert.deepEqual(pageByName(others, { after: "c" }), { items: [{ name: "d" }] });
});

test("schedules and workers are listed whole, or a page at a time", async () => {
  await using h = await startHarness();
  const whole = await h.ask("/api/v1/schedules");
  assert.deepEqual([whole.status, whole.body.next], [200, undefined]);
  const page = await h.ask("/api/v1/workers?limit=5&after=w1");
  assert.deepEqual([page.status, page.body], [200, { items: [] }]);
  assert.equal((await h.ask("/api/v1/schedules?limit=0")).status, 422);
});
