/**
 * C1: every example under every executor, in a world of its own: the same outcome, the same outputs, the same states of the same
 * tasks, the same report. What differs is only how many tasks ran at once.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXECUTORS, type Executor } from "../../src/base/words.ts";
import type { TaskView } from "../../src/protocol/views.ts";
import { EXAMPLES, expected, runExample, worldOf } from "./example-worlds.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-parity-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Most attempts of the run that were under way at one instant. */
function atOnce(tasks: readonly TaskView[]): number {
  const changes = tasks
    .filter(
      ({ kind, startedAt, endedAt }) => kind !== "each" && kind !== "workflow" && startedAt != null && endedAt != null,
    )
    .flatMap(({ startedAt, endedAt }) => [
      { at: startedAt!, by: 1 },
      { at: endedAt!, by: -1 },
    ])
    // Of two changes in one millisecond the end comes first.
    .toSorted((a, b) => a.at.localeCompare(b.at) || a.by - b.by);
  let now = 0;
  return Math.max(0, ...changes.map(({ by }) => (now += by)));
}

for (const name of EXAMPLES) {
  test(`C1 ${name} is the same under every executor`, async () => {
    const seen: Partial<Record<Executor, unknown>> = {};
    for (const executor of EXECUTORS) {
      await using world = await worldOf(name);
      const { params, meanwhile } = world;
      const { run, tasks, report } = await runExample(name, {
        place: join(scratch, `${name}-${executor}`),
        executor,
        ...(params !== undefined && { params }),
        ...(meanwhile !== undefined && { meanwhile }),
      });
      const wrong = run.tasks.filter(({ state }) => state !== "succeeded" && state !== "skipped");
      const states = Object.fromEntries(tasks.map((task) => [task.name, task.state]));
      assert.equal(
        run.state,
        world.state ?? "succeeded",
        JSON.stringify(wrong.map((task) => [task.name, task.state, task.error])),
      );
      await world.check?.(run);
      if (executor === "sequential") assert.equal(atOnce(tasks), 1, "tasks at once");
      // Members are tasks like the others: the holder of a list is never alone.
      for (const { id, kind } of tasks.filter((task) => task.kind === "each"))
        assert.ok(
          tasks.some(({ inside }) => inside === id),
          `${kind} ${id} shows its members`,
        );
      assert.equal(report, expected(name), executor);
      seen[executor] = { state: run.state, outputs: run.result, states };
    }
    assert.deepEqual(seen.local, seen.sequential);
  });
}
