/** Two real servers that are told different numbers of copies: every place where operators look says so. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import { withoutNats } from "../nats/server.ts";
import { ClusterPlace } from "./cluster-place.ts";
import { Place, until } from "./place.ts";

const skip = withoutNats() ?? false;
const WORDS = /cluster\.copies: 3 at a; 1 at b/;
let cluster: ClusterPlace;
let other: Place;

before(async () => {
  if (skip !== false) return;
  cluster = await ClusterPlace.open();
  other = new Place({ OCTOPUS_CLUSTER_NATS: cluster.nats.address, OCTOPUS_CLUSTER_COPIES: "1" });
});
after(async () => {
  await other?.close();
  await cluster?.close();
});

test("servers with different numbers of copies are named by the log, cluster status and doctor", { skip }, async () => {
  const a = await cluster.start("a");
  const b = await cluster.start("b", [], other);
  await cluster.leader(a);
  for (const member of [a, b]) {
    await until(`${member.name} tells`, async () => {
      const { status, body } = await cluster.ask<ClusterView>(member, "GET", "/cluster");
      return status === 200 && body.backend.warnings.some((words) => WORDS.test(words));
    });
    await until(`the log of ${member.name} has it`, () => WORDS.test(member.started.err()));
  }
  const status = await cluster.place.run(["cluster", "status", "--server", b.url]);
  assert.match(status.out, WORDS);
  const doctor = await cluster.place.run(["doctor", "--server", a.url, "--data", a.data, "-o", "json"]);
  const { findings } = JSON.parse(doctor.out) as { findings: { check: string; result: string; message: string }[] };
  const found = findings.find(({ check }) => check === "cluster");
  assert.equal(found?.result, "warn");
  assert.match(found.message, WORDS);
});
