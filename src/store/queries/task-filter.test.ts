/** What filters by time find where there is nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../store.ts";

test("a filter by time finds nothing in a store without tasks", () => {
  const store = openStore(":memory:");
  try {
    assert.equal(store.library.countMatching({ from: 1 }), 0);
    assert.equal(store.library.countMatching({ from: 1, to: 2 }), 0);
  } finally {
    store.close();
  }
});
