import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterView, MemberView, ShardView } from "../protocol/cluster-view.ts";
import { clusterHealth, lagWords, shardsOf } from "./cluster-health.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

function member(server: string, over: Partial<MemberView> = {}): MemberView {
  const seenAt = new Date(NOW - 1000).toISOString();
  return { server, version: "1.0.0", role: "follower", seq: 100, lag: 0, seenAt, isHere: server === "a", ...over };
}

function cluster(over: Partial<ClusterView> = {}): ClusterView {
  return {
    ...{ name: "main", server: "a", shard: "default", role: "leader", term: 3, leader: "a", seq: 100 },
    ...{ first: 1, last: 100, divergences: 0, repairs: 0 },
    backend: { kind: "nats", address: "n1:4222", version: "2.10.27", durability: "three copies", warnings: [] },
    members: [member("a", { role: "leader" }), member("b"), member("c")],
    ...over,
  };
}

const shard = (name: string, over: Partial<ShardView> = {}): ShardView => ({
  ...{ name, leader: "a", state: "ok", hosts: [] },
  ...over,
});

test("a cluster without trouble says who leads, and how many there are", () => {
  assert.deepEqual(clusterHealth(cluster(), NOW), {
    tone: "good",
    sentence: "All is well: a leads, 3 servers are there",
    notes: [],
  });
  const shards = [shard("default"), shard("team-a")];
  assert.equal(
    clusterHealth(cluster({ shards }), NOW).sentence,
    "All is well: all 2 namespaces are led, 3 servers are there",
  );
});

test("a warning of what keeps the log is no trouble of the cluster, and is told", () => {
  const backend = { ...cluster().backend, warnings: ["NATS does not sync"] };
  assert.deepEqual(clusterHealth(cluster({ backend }), NOW), {
    tone: "warn",
    sentence: "It works: a leads, 3 servers are there; there is a warning about what keeps the log",
    notes: [],
  });
});

test("what is wrong is told, the gravest first", () => {
  const { leader: _, ...rest } = cluster();
  const { tone, notes } = clusterHealth(
    {
      ...rest,
      divergences: 1,
      repairs: 2,
      backend: { ...rest.backend, warnings: ["NATS does not sync"] },
      members: [
        member("a", { version: "1.1.0" }),
        member("b", { lag: 12_345, role: "starting" }),
        member("c", { role: "gone", seenAt: new Date(NOW - 90_000).toISOString() }),
      ],
      shards: [shard("default", { state: "nobody" }), shard("x", { state: "nobody" }), shard("y", { state: "moving" })],
    },
    NOW,
  );
  assert.equal(tone, "bad");
  assert.deepEqual(
    notes.map((note) => `${note.tone} ${note.text}`),
    [
      "bad Nobody leads: nothing can be changed until a server does",
      "bad Nobody leads x",
      "warn c has not been heard of for 1m30s",
      "warn b is 12,345 records behind",
      "warn Servers of 1.0.0 and 1.1.0 run together, which is meant for the time of an upgrade",
      "warn y is on the move to other servers",
      "warn a dropped its database, which differed from the log, and took a snapshot once since it started",
      "warn The log had lost its end, and was mended by a 2 times since it started",
    ],
  );
});

test("a server alone is told, and an old server's answer is one namespace", () => {
  const alone = cluster({ members: [member("a", { role: "leader" })], reason: "it has not caught up" });
  assert.deepEqual(
    clusterHealth(alone, NOW).notes.map(({ text }) => text),
    ["a, which answers, cannot be read: it has not caught up", "There is one server: nobody takes over when it ends"],
  );
  const [only] = shardsOf(cluster());
  assert.deepEqual([only!.name, only!.leader, only!.state, only!.hosts.length], ["default", "a", "ok", 3]);
  assert.deepEqual(
    shardsOf(cluster({ shards: [shard("default"), shard("x")] })).map(({ name }) => name),
    ["default", "x"],
  );
});

test("how far a copy is", () => {
  assert.equal(lagWords({ role: "leader", lag: 0 }), "the newest");
  assert.equal(lagWords({ role: "follower", lag: 0 }), "caught up");
  assert.equal(lagWords({ role: "follower", lag: 1234 }), "1,234 behind");
  assert.equal(lagWords({ role: "starting", lag: 7 }), "starting, 7 behind");
  assert.equal(lagWords({ role: "gone", lag: 7 }), "gone");
});
