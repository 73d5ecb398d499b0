/** Servers that are told different things. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../engine/ports.ts";
import { startHost } from "../../test/cluster/hosts.ts";
import { until } from "../../test/cluster/servers.ts";
import { differing, DifferingWatch } from "./differing.ts";
import type { Member } from "./member.ts";
import { MemoryShared } from "./testing.ts";

const member = (name: string, copies?: number): Member => ({
  ...{ name, version: "test", shards: {} },
  ...(copies !== undefined && { copies }),
});

function noted(): { said: string[]; log: Log } {
  const said: string[] = [];
  const note = (_: unknown, words: string): void => void said.push(words);
  return { said, log: { debug() {}, info: note, warn: note, error() {} } };
}

test("who is told what is named, and those that do not say are left out", () => {
  assert.deepEqual(differing([member("a", 2), member("old"), member("b", 2)]), []);
  const [words] = differing([member("c", 3), member("b", 2), member("a", 3)]);
  assert.match(words!, /cluster\.copies: 3 at a, c; 2 at b\)/);
  const day = 86_400_000;
  const kept = differing([{ name: "a", keepDeletedMs: 30 * day }, { name: "b", keepDeletedMs: 0 }, { name: "old" }]);
  assert.equal(kept.length, 1);
  assert.match(kept[0]!, /data\.keep\.deleted: 30d at a; 0s at b\)/);
});

test("the log says it once, and that it is over", () => {
  const { said, log } = noted();
  const watch = new DifferingWatch(log);
  const apart = [member("a", 2), member("b", 1)];
  for (const living of [[member("a", 2)], apart, apart, apart, [member("a", 2)], [member("a", 2)]]) watch.look(living);
  assert.equal(said.length, 2);
  assert.match(said[0]!, /2 at a; 1 at b/);
  assert.match(said[1]!, /the same number of copies again/);
});

test("servers hear it of each other", async (t) => {
  const shared = new MemoryShared();
  const { said, log } = noted();
  const a = await startHost(shared.server("a"), { copies: 2, keepDeletedMs: 5000, log });
  t.after(() => a.stop());
  const b = await startHost(shared.server("b"), { copies: 1, keepDeletedMs: 0 });
  t.after(() => b.stop());
  await until("it is said", () => said.some((text) => /2 at a; 1 at b/.test(text)));
  await until("and that", () => said.some((text) => /5s at a; 0s at b/.test(text)));
});
