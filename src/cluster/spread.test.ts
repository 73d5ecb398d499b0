/** Who holds which shard: what must hold for any lists, and how little moves when they change. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPrng } from "../base/prng.ts";
import { type Place, spread } from "./spread.ts";

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

function loads(
  places: ReadonlyMap<string, Place>,
  servers: readonly string[],
  of: (place: Place) => readonly string[],
) {
  const counts = new Map(servers.map((server) => [server, 0]));
  for (const [shard, place] of places)
    for (const server of of(place))
      if (shard !== "default" || place.hosts.length === 1 || of(place).length === 1)
        counts.set(server, counts.get(server)! + 1);
  return [...counts.values()];
}

const range = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

function check(shards: readonly string[], servers: readonly string[], copies: number): void {
  const places = spread(shards, servers, copies);
  const about = `${shards.length} shards, ${servers.length} servers, ${copies} copies`;
  for (const shard of shards) {
    const { leader, hosts } = places.get(shard)!;
    const wanted = shard === "default" ? servers.length : Math.min(copies, servers.length);
    assert.equal(new Set(hosts).size, wanted, `${about}: hosts of ${shard}`);
    assert.equal(hosts[0], leader);
    assert.ok(hosts.every((host) => servers.includes(host)));
  }
  const others = new Map([...places].filter(([shard]) => shard !== "default"));
  assert.ok(range(loads(others, servers, ({ hosts }) => hosts)) <= 1, `${about}: hosts are even`);
  assert.ok(range(loads(places, servers, ({ leader }) => [leader])) <= 1, `${about}: leaders are even`);
}

test("any lists: enough hosts, one of them leads, loads within one", () => {
  const prng = createPrng(1);
  for (let round = 0; round < 300; round++) {
    const shards = ["default", ...names(`t${round}-`, prng.int(40))];
    check(shards, names(prng.pick(["s", "host-", "10.0.0."]), 1 + prng.int(12)), 1 + prng.int(5));
  }
  check(["default", ...names("n", 999)], names("s", 10), 3);
});

test("the same for everybody, in whatever order the lists come", () => {
  const [shards, servers] = [["default", ...names("t", 60)], names("s", 7)];
  const one = spread(shards, servers, 3);
  assert.deepEqual([...spread(shards.toReversed(), servers.toReversed(), 3)], [...one]);
  assert.equal(spread(shards, [], 3).size, 0);
});

/** Replicas and leads that are elsewhere afterwards, of what has to move at least. */
function moved(
  before: ReadonlyMap<string, Place>,
  after: ReadonlyMap<string, Place>,
): { hosts: number; leads: number } {
  let hosts = 0;
  let leads = 0;
  for (const [shard, place] of after) {
    if (shard === "default") continue;
    hosts += place.hosts.filter((host) => !before.get(shard)!.hosts.includes(host)).length;
    if (before.get(shard)!.leader !== place.leader) leads++;
  }
  return { hosts, leads };
}

test("few move when a server joins or leaves", () => {
  const sums = { hosts: 0, leads: 0, least: 0, leastLeads: 0 };
  for (let round = 0; round < 20; round++) {
    const shards = ["default", ...names(`r${round}-`, 100)];
    for (const count of [4, 9, 10]) {
      const [few, many] = [spread(shards, names("s", count), 3), spread(shards, names("s", count + 1), 3)];
      for (const { hosts, leads } of [moved(few, many), moved(many, few)]) {
        sums.hosts += hosts;
        sums.leads += leads;
        sums.least += 300 / (count + 1);
        sums.leastLeads += 100 / (count + 1);
      }
    }
  }
  const figures = JSON.stringify({ hosts: sums.hosts / sums.least, leads: sums.leads / sums.leastLeads });
  // Of replicas, which cost a copy, less than twice what must move; leads are handed over in a moment.
  assert.ok(sums.hosts < 2 * sums.least, figures);
  assert.ok(sums.leads < 5 * sums.leastLeads, figures);
});

test("one more shard moves hardly another", () => {
  const shards = names("t", 50);
  let total = 0;
  for (let count = 10; count < 50; count++) {
    const [before, after] = [
      spread(shards.slice(0, count), names("s", 6), 3),
      spread(shards.slice(0, count + 1), names("s", 6), 3),
    ];
    total += moved(new Map([...before, [shards[count]!, after.get(shards[count]!)!]]), after).hosts;
  }
  assert.ok(total / 40 < 3, `${total / 40} replicas of others with each shard that is made`);
});
