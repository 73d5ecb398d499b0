import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";
import type { WorkerView } from "../../protocol/worker-views.ts";
import { Sessions } from "../sessions.ts";
import { workerDetail, workerViews } from "./views.ts";

const MINUTE = 60_000;

function stored(name: string, more: Partial<WorkerView> = {}): WorkerView {
  return {
    ...{ name, state: "offline", slots: 1, active: 0, kinds: [], functions: [], host: "h", pid: 1, octopus: "0" },
    ...more,
  };
}

test("a worker is online, idle or offline by the time since it was last heard", () => {
  const core = new Harness();
  core.connect("w", 2);
  const heardAt = core.now;
  const stateAfter = (ms: number): string => {
    const views = workerViews(
      { workers: () => [stored("w")] },
      { state: core.state, sessions: new Sessions(), now: heardAt + ms },
    );
    assert.equal(views[0]!.silentMs, ms);
    return views[0]!.state;
  };
  assert.deepEqual([0, 59_999, MINUTE, 5 * MINUTE - 1, 5 * MINUTE].map(stateAfter), [
    "online",
    "online",
    "idle",
    "idle",
    "offline",
  ]);
  core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: false });
  assert.equal(stateAfter(1000), "idle", "one without a connection is not online, however short ago it was heard");
  core.turn({ type: "DrainWorker", worker: "w", held: true });
  assert.equal(stateAfter(0), "draining");
});

test("one that left by itself is offline at once, one that vanished after five minutes; a drain is remembered", () => {
  const core = new Harness();
  core.turn({ type: "DrainWorker", worker: "vanished", held: true });
  const lastSeenAt = new Date(core.now).toISOString();
  const workers = [
    stored("left", { lastSeenAt, leftReason: "it said goodbye" }),
    stored("vanished", { lastSeenAt, leftReason: "its lease ran out" }),
    stored("never"),
  ];
  const at = (ms: number): unknown[] =>
    workerViews({ workers: () => workers }, { state: core.state, sessions: new Sessions(), now: core.now + ms }).map(
      ({ state, held, silentMs }) => [state, held, silentMs],
    );
  assert.deepEqual(at(MINUTE), [
    ["offline", undefined, MINUTE],
    ["idle", true, MINUTE],
    ["offline", undefined, undefined],
  ]);
  assert.deepEqual(at(6 * MINUTE)[1], ["offline", true, 6 * MINUTE]);
});

test("what runs on a worker is shown with the units that it has", () => {
  const core = new Harness();
  core.connect("w", 2, { resources: { gpu: 2000 }, units: { gpu: ["a100-0", "a100-1"] } });
  core.submit({ asks: { resources: { gpu: 1000 } } });
  const now = core.now + 1;
  const view = workerDetail({ worker: () => stored("w") }, { state: core.state, sessions: new Sessions(), now }, "w")!;
  assert.deepEqual(view.attempts[0]!.units, { gpu: ["a100-0"] });
  assert.deepEqual(view.resources, { gpu: { total: 2, used: 1, units: ["a100-0", "a100-1"] } });
  assert.equal(
    workerDetail({ worker: () => undefined }, { state: core.state, sessions: new Sessions(), now }, "w"),
    undefined,
  );
});
