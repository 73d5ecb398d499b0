/** What core makes of wishes about plugins; each turn is replayed by the harness. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";
import type { Command } from "../command.ts";
import { versionOf } from "./plugins.ts";

function publish(plugin: string, hash: string, keep = 20): Command {
  const files = [{ path: "main.py", sha256: hash, bytes: 1 }];
  return { type: "PublishPlugin", plugin, keep, hash, language: "python", files, actions: [], source: "folder" };
}

test("a content is published once, and the newest one runs", () => {
  const core = new Harness();
  assert.deepEqual(core.turn(publish("p", "a"), publish("p", "a")), [{ ok: true }, { ok: true, ignored: true }]);
  core.turn(publish("p", "b"));
  core.turn(publish("p", "a"));
  const { plugins } = core.state;
  assert.deepEqual(
    [...plugins.get("p")!.versions.values()].map(({ version, hash }) => `${version}${hash}`),
    ["1a", "2b", "3a"],
  );
  assert.deepEqual([versionOf(plugins, "p", undefined)?.version, versionOf(plugins, "p", 2)?.hash], [3, "b"]);
  assert.equal(versionOf(plugins, "p", 9), undefined);
});

test("PL1 one that was removed and comes back goes on counting, and keeps the time of what it was", () => {
  const core = new Harness();
  core.turn(publish("p", "a"));
  const { publishedAt } = core.state.plugins.get("p")!.newest;
  core.now += 1000;
  core.turn({ type: "RemovePlugin", plugin: "p", by: "ann" });
  const { plugins } = core.state;
  assert.deepEqual([versionOf(plugins, "p", undefined), versionOf(plugins, "p", 1)?.version], [undefined, 1]);
  assert.deepEqual(core.turn({ type: "RemovePlugin", plugin: "p" }), [
    { ok: false, rejection: { type: "PluginNotFound", plugin: "p" } },
  ]);
  core.now += 1000;
  core.turn(publish("p", "a"));
  assert.deepEqual([plugins.get("p")!.newest.version, plugins.get("p")!.newest.publishedAt], [1, publishedAt]);
  core.turn({ type: "RemovePlugin", plugin: "p" });
  core.turn(publish("p", "b"));
  assert.deepEqual([plugins.get("p")!.newest.version, plugins.get("p")!.removedAt], [2, 0]);
});

test("PL2 as many versions are kept as are wished, and those that live tasks name", () => {
  const core = new Harness();
  core.turn(publish("p", "a"));
  const [pinned] = core.submit({ kind: "plugin", asks: { plugin: "p@1" } });
  const kept = (): number[] => [...core.state.plugins.get("p")!.versions.keys()];
  for (const hash of "bcd") core.turn(publish("p", hash, 2));
  assert.deepEqual(kept(), [1, 3, 4]);
  core.turn({ type: "CancelTask", task: pinned!, reason: "no" });
  core.turn(publish("p", "e", 1));
  assert.deepEqual(kept(), [5]);
  core.turn(publish("p", "e", 1));
  assert.deepEqual(kept(), [5]);
});
