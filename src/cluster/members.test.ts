/** What is known of a server while it is gone, while it starts, and once it holds less than before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startProcess, until } from "../../test/cluster/servers.ts";
import { appliedBy, type Member } from "./member.ts";
import { MemoryShared } from "./testing.ts";

const at = (seq: number) => ({ seq, term: 1, epoch: 0, chain: `c${seq}`, role: "follower" as const });

test("what a server had applied stays known from its last word to the moment at which it has opened the shard (MB2)", async () => {
  const shared = new MemoryShared();
  const kept = (): Member => JSON.parse(shared.values.get("members/a") ?? '{"shards":{}}') as Member;
  const seqs = (member: Member): (number | undefined)[] => ["x", "y", "z"].map((one) => appliedBy(member, one)?.seq);
  const other = startProcess(shared.server("b"));
  const first = startProcess(shared.server("a"));
  for (const [shard, seq] of Object.entries({ x: 7, y: 8, z: 9 })) first.members.report(shard, () => at(seq));
  await until("all of it is kept", () => seqs(kept()).join() === "7,8,9");
  first.die();

  const again = startProcess(shared.server("a"));
  const heard = (): Member => other.members.living().find(({ name }) => name === "a") ?? { ...kept(), shards: {} };
  await until("it says what it had", () => heard().had !== undefined);
  assert.deepEqual(seqs(heard()), [7, 8, 9]);
  assert.deepEqual(heard().shards, {}, "nobody takes it for a replica yet");
  assert.deepEqual(seqs(kept()), [7, 8, 9]);

  // It starts anew before it has opened anything.
  again.die();
  const third = startProcess(shared.server("a"));
  third.members.report("x", () => at(3));
  await until("it says what it holds", () => seqs(heard()).join() === "3,8,9");
  third.members.holdsOnly(new Set(["x", "y"]));
  await until("what is not there is said no more", () => seqs(heard()).join() === "3,8,");
  third.members.report("y", () => at(8));
  third.members.unreport("x");
  await until("it is kept as it is", () => seqs(kept()).join() === ",8," && kept().had === undefined);
  third.die();
  other.die();
});

test("a server that could hear nothing for a while goes by what is kept of the others, not by what it heard last (MB3)", async () => {
  const shared = new MemoryShared();
  const other = startProcess(shared.server("b"));
  const one = startProcess(shared.server("a"));
  let seq = 7;
  try {
    one.members.report("x", () => at(seq));
    const heard = (): number | undefined => other.members.holders("x")[0]?.shards["x"]?.seq;
    await until("it is heard", () => heard() === 7);
    shared.silent.add("b");
    seq = 9;
    one.members.report("y", () => at(4));
    const kept = (): Member => JSON.parse(shared.values.get("members/a")!) as Member;
    await until("all of it is kept", () => appliedBy(kept(), "x")?.seq === 9 && appliedBy(kept(), "y")?.seq === 4);
    one.die();
    const known = (await other.members.ask(1, "x")).find(({ name }) => name === "a")!;
    assert.equal(appliedBy(known, "x")?.seq, 9);
    assert.equal(appliedBy(known, "y")?.seq, 4, "which it opened since");
  } finally {
    one.die();
    other.die();
  }
});
