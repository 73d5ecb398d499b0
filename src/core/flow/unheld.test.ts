/** Since when tasks are no longer held back: what is remembered of them goes with them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";

test("a task that was held, let go and then moved is not remembered for ever", () => {
  const core = new Harness();
  const asks = { cache: { hash: "h", ttlMs: 0 } };
  core.connect("w", 1);
  const [first] = core.submit({ asks });
  const [second] = core.submit({ asks });
  const [urgent] = core.submit({ priority: 9 });
  core.now += 10_000;
  core.end(first!, "failed");
  assert.deepEqual(
    [...core.state.flow.unheldAt.keys()].map(({ seq }) => seq),
    [second],
  );
  core.turn({ type: "MoveTasks", tasks: [second!], arm: "elsewhere" });
  core.end(urgent!);
  core.end(second!);
  assert.equal(core.state.flow.unheldAt.size, 0);
});
