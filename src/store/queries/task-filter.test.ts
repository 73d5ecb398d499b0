/** What filters by time find where there is nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../store.ts";

test("a filter by time finds nothing in a store without tasks", () => {
  const store = openStore(":memory:");
  try {
    for (const filter of [{ from: 1 }, { from: 1, to: 2 }]) {
      const count = store.library.countMatching(filter);
      count.step();
      assert.equal(count.done, true);
      assert.equal(count.count, 0);
    }
  } finally {
    store.close();
  }
});
