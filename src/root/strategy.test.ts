import assert from "node:assert/strict";
import { test } from "node:test";
import { call, cel, each, workflow } from "../mod.ts";
import { createExecutor, STRATEGIES } from "./strategy.ts";

const DIAMOND = `
name: diamond
tasks:
  a: { call: step, input: a }
  c: { call: step, input: c, needs: a }
  b: { call: step, input: b, needs: a }
  d: { call: step, input: d, needs: [b, c] }
  x: { call: boom }
  y: { call: step, input: y, needs: x }
`;

function recorder(): {
  order: string[];
  peak: () => number;
  functions: Record<string, (input: never) => Promise<void>>;
} {
  const order: string[] = [];
  let active = 0;
  let peak = 0;
  const step = async (input: string): Promise<void> => {
    peak = Math.max(peak, ++active);
    order.push(input);
    await new Promise((resolve) => setImmediate(resolve));
    active--;
  };
  const boom = (): Promise<void> => Promise.reject(new Error("boom"));
  return { order, peak: () => peak, functions: { step, boom } };
}

test("C1 C7 every strategy gives the same outcome; a failed task stops what needs it and nothing else", async () => {
  for (const strategy of STRATEGIES) {
    const { functions, order } = recorder();
    const executor = createExecutor(strategy, { functions });
    await assert.rejects(executor.execute(DIAMOND), { code: "not_ready" });
    await executor.start();
    const run = await executor.execute(DIAMOND);
    const states = Object.fromEntries(run.tasks.map((task) => [task.name, task.state]));
    assert.equal(run.state, "failed");
    assert.deepEqual(states, {
      a: "succeeded",
      b: "succeeded",
      c: "succeeded",
      d: "succeeded",
      x: "failed",
      y: "upstream_failed",
    });
    assert.deepEqual(order.toSorted(), ["a", "b", "c", "d"]);
    const { running, active, completed, failed, workers, queueDepth } = executor.status();
    assert.deepEqual([running, active, completed, failed, workers, queueDepth], [true, 0, 4, 2, 1, 0]);
    await executor.stop();
    assert.equal(executor.status().running, false);
  }
});

test("C1 sequential runs one task at a time, in the same order each time", async () => {
  const orders: string[][] = [];
  for (let round = 0; round < 3; round++) {
    const { functions, order, peak } = recorder();
    const executor = createExecutor("sequential", { functions });
    await executor.start();
    await executor.execute(DIAMOND);
    await executor.stop();
    assert.equal(peak(), 1);
    orders.push(order);
  }
  assert.deepEqual(orders[1], orders[0]);
  assert.deepEqual(orders[2], orders[0]);
});

test("C1 an unknown strategy is refused by name", () => {
  assert.throws(() => createExecutor("fast" as never), { code: "invalid", message: /sequential or local, not "fast"/ });
});

test("C1 a workflow that was built runs under every strategy, with the same outputs", async () => {
  const flow = workflow("built", { params: { last: 3 } })
    .task("list", call<{ numbers: number[] }>("list", { last: cel<number>`params.last` }))
    .task("double", ({ list }) => each(list.result.numbers, ({ item }) => call<number>("double", item)), {
      needs: "list",
    })
    .outputs({ doubled: ({ double }) => double.result });
  const functions = {
    list: ({ last }: { last: number }) => ({ numbers: Array.from({ length: last }, (_, n) => n + 1) }),
    double: (n: number) => n * 2,
  };
  for (const strategy of STRATEGIES) {
    const executor = createExecutor(strategy, { functions });
    await executor.start();
    const run = await executor.execute(flow, { params: { last: 4 } });
    await executor.stop();
    assert.deepEqual([run.state, run.result], ["succeeded", { doubled: [2, 4, 6, 8] }]);
  }
});
