/** What ten thousand busy arms cost whoever asks for their history. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { State } from "../../core/state.ts";
import { ArmHistories, HISTORY_ARMS_MAX } from "./history.ts";

const NOW = Date.parse("2026-06-01T00:15:00Z");

test("of ten thousand busy arms the busiest stand for themselves, the others as one, and nothing is lost", () => {
  const armOrder = Array.from({ length: 10_000 }, (_, n) => ({
    name: `a${n}`,
    queued: n % 3,
    active: 1,
    // The last ones have done most.
    tally: { started: n + 1, succeeded: n, failed: 0, waitedTenths: 10 * (n + 1) },
  }));
  const histories = new ArmHistories();
  histories.appended({ armOrder } as unknown as State, NOW);
  for (const arm of armOrder) arm.queued = 2;
  histories.appended({ armOrder } as unknown as State, NOW + 20_000);
  const { arms, others } = histories.read(15, NOW + 25_000);
  assert.equal(Object.keys(arms).length, HISTORY_ARMS_MAX);
  assert.ok(arms["a9999"] !== undefined && arms["a0"] === undefined);
  assert.equal(others!.count, 10_000 - HISTORY_ARMS_MAX);
  const sum = (column: readonly (number | null)[]): number => column.reduce<number>((all, one) => all + (one ?? 0), 0);
  const started = Object.values(arms).reduce((all, one) => all + sum(one.started), sum(others!.started));
  assert.equal(started, (10_000 * 10_001) / 2);
  assert.equal(others!.started.length, arms["a9999"].started.length);
  assert.deepEqual(
    others!.queued.map((value) => value === null),
    arms["a9999"].queued.map((value) => value === null),
    "what is known of one is known of the others",
  );
  assert.equal(others!.queued.at(-1), 2 * others!.count);
  assert.equal(others!.active.at(-1), others!.count);
  assert.ok(histories.read(15, NOW, "a0").arms["a0"] !== undefined, "one that is asked for is there");
});
