/** Many shards on many servers, in small: hundreds of seeds, and a hundred shards, are run by `npm run sim -- --shards`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateShards } from "./simulation.ts";

const SMALL = { servers: 4, namespaces: 6, phaseMs: 40_000 };

test("shards of a small cluster survive what happens to its servers, and come to rest", async () => {
  for (const seed of [1, 2, 3])
    assert.equal((await simulateShards(seed, undefined, SMALL)).failure, undefined, `seed ${seed}`);
});
