/** The heap of stamps against a sorted list: whatever is added, moved and taken out of the middle, the first is the smallest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { before, StampHeap, type Stamped } from "./heap.ts";

test("a heap whose items move and leave gives the smallest first", () => {
  const step = fc.record({
    do: fc.constantFrom("add" as const, "add" as const, "move" as const, "remove" as const),
    pick: fc.nat(),
    stamp: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new StampHeap<Stamped>();
      const model: Stamped[] = [];
      for (const [order, each] of steps.entries()) {
        const chosen = model[each.pick % Math.max(model.length, 1)];
        if (each.do === "add") {
          const item = { stamp: each.stamp, order, index: -1 };
          model.push(item);
          heap.add(item);
        } else if (chosen !== undefined && each.do === "move") {
          chosen.stamp = each.stamp;
          heap.update(chosen);
        } else if (chosen !== undefined) {
          model.splice(model.indexOf(chosen), 1);
          heap.remove(chosen);
          assert.equal(chosen.index, -1);
        }
        const smallest = model.toSorted((a, b) => (before(a, b) ? -1 : 1))[0];
        assert.equal(heap.first, smallest);
        assert.equal(heap.size, model.length);
        assert.deepEqual(new Set(heap), new Set(model));
      }
    }),
    { numRuns: 100 },
  );
});
