/** Pulses: what is led is known to all who listen, whatever words were lost and whoever began anew. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../test/cluster/servers.ts";
import { createClock } from "../root/clock.ts";
import { type Leading, Pulse } from "./pulse.ts";
import { MemoryShared } from "./testing.ts";

const EVERY_MS = 20;

function start(shared: MemoryShared, server: string, leads: ReadonlyMap<string, Leading>) {
  const pulse = new Pulse({ backend: shared.server(server), clock: createClock(), everyMs: EVERY_MS });
  const heard = new Map<string, string>();
  for (const shard of ["x", "y"]) {
    pulse.join(shard, {
      leads: () => leads.get(shard),
      alive: (from, { term, seq }) => void heard.set(shard, `${from} ${term} ${seq}`),
      resigned: (term) => void heard.set(shard, `nobody ${term}`),
      changed() {},
      slept() {},
      tick() {},
    });
  }
  return { pulse, heard };
}

test("a list that was not followed is asked for, and a start anew is told from what was before", async () => {
  const shared = new MemoryShared();
  const leads = new Map<string, Leading>([["x", { term: 1, seq: 5, epoch: 0 }]]);
  const first = start(shared, "a", leads);
  const other = start(shared, "b", new Map());
  await until("the first list", () => other.heard.get("x") === "a 1 5");
  // Changes that are not heard.
  shared.silent.add("b");
  leads.set("y", { term: 1, seq: 1, epoch: 0 });
  leads.set("x", { term: 1, seq: 6, epoch: 0 });
  await until("what is said meanwhile", () => first.pulse.leading("y") !== undefined);
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS * 4));
  assert.equal(other.heard.get("y"), undefined);
  shared.silent.delete("b");
  await until("all of it", () => other.heard.get("x") === "a 1 6" && other.heard.get("y") === "a 1 1");
  assert.deepEqual(other.pulse.leading("x"), { term: 1, seq: 6, epoch: 0 });
  first.pulse.resign("x", 1);
  await until("the giving back", () => other.heard.get("x") === "nobody 1");
  assert.deepEqual(other.pulse.seat("x"), { term: 1, server: "" });

  first.pulse.close();
  other.heard.clear();
  const again = start(shared, "a", new Map([["y", { term: 2, seq: 9, epoch: 0 }]]));
  await until("the list of the new start", () => other.heard.get("y") === "a 2 9");
  assert.deepEqual(other.pulse.seat("y"), { term: 2, server: "a" });
  again.pulse.close();
  other.pulse.close();
});
