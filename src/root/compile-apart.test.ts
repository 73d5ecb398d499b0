/** Large workflows are compiled beside the thread that asks: the same run comes out, and nothing is held up meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OctopusError } from "../base/errors.ts";
import { APART_MIN, compileApart, isLarge } from "./compile-apart.ts";
import { compileWorkflow } from "../workflow/mod.ts";

const TASKS = 20_000;
const text = `name: big
params: { n: 1 }
env: { A: "\${{ params.n }}" }
tasks:
${Array.from({ length: TASKS }, (_, i) => `  task_${i}:\n    shell: echo ${i}\n${i > 0 ? `    needs: task_${i - 1}\n` : ""}`).join("")}`;

test("a large workflow comes out as it would here", async () => {
  assert.ok(isLarge(text) && !isLarge("x") && isLarge("x", { a: "y".repeat(APART_MIN) }));
  const apart = await compileApart(text, { source: "big.yaml", params: { n: 2 } });
  const here = compileWorkflow(text, { source: "big.yaml", params: { n: 2 } });
  assert.deepEqual({ ...apart, tasks: apart.tasks.slice(0, 300) }, { ...here, tasks: here.tasks.slice(0, 300) });
  assert.equal(apart.tasks.length, TASKS);
  assert.deepEqual(apart.tasks.at(-1), here.tasks.at(-1));
});

test("what is wrong with it is told in the same words, and others are not held up", async () => {
  const wrong = text.replace("needs: task_7\n", "needs: task_x\n");
  const small = compileApart("tasks: {a: x}", {});
  await assert.rejects(compileApart(wrong, { source: "big.yaml" }), (error: OctopusError) => {
    assert.equal(error.code, "invalid");
    assert.match(error.issues[0]!.path, /^big\.yaml:\d+:\d+$/);
    assert.match(error.message, /tasks\.task_8\.needs names the unknown task "task_x"/);
    return true;
  });
  assert.equal((await small).tasks.length, 1);
});

test("this thread goes on while it is compiled", async () => {
  let longest = 0;
  let last = performance.now();
  let going = true;
  const watch = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (going) setImmediate(watch);
  };
  watch();
  const start = performance.now();
  await compileApart(text, { source: "big.yaml" });
  const all = performance.now() - start;
  going = false;
  // On a machine that is busy with other things this thread may wait for its turn as well.
  assert.ok(longest < Math.max(50, all / 2), `held up for ${longest} ms of ${all} ms`);
});
