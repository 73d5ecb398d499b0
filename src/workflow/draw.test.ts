/** Plans and pictures: by an example that has everything, and by drawn graphs that must be read back as they were. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RunSpec } from "../protocol/workflow.ts";
import { compileDocument, compileWorkflow } from "./compile.ts";
import { drawAscii } from "./draw-ascii.ts";
import { drawDot, drawMermaid } from "./draw-text.ts";
import { workflowPlan } from "./plan.ts";

const etl = compileWorkflow(`
name: etl
params: { x: 1 }
tasks:
  extract: a
  lint: x
  load: { needs: extract, shell: b, compensate: undo }
  check: { needs: extract, shell: "true", when: "tasks.extract.outputs.n == 1" }
  many: { needs: [load, check], each: [1, 2], shell: x, trigger: all_done }
  ship: { needs: [many, lint], approval: 'Go "now"?', shell: x }
  inner: { needs: ship, workflow: { tasks: { p: x, q: { needs: p, shell: x } } } }
on: { failure: echo sad, exit: echo bye }
`);

test("as text: a line for each task, what it needs to its left or above it", () => {
  assert.deepEqual(drawAscii(etl).split("\n"), [
    "○       extract",
    "│ ○─┐   lint",
    "├─●─│─┐ load",
    "●───│─┤ check  (when tasks.extract.outputs.n == 1)",
    "    │ ● many  (2 times, all_done)",
    "    └─● ship  (approval)",
    "      ■ inner  (runs a workflow)",
    "",
    "undo, when it has failed or was cancelled:",
    "  □ compensate.load (of load)",
    "",
    "when it has failed:",
    "  □ on.failure",
    "",
    "at the end:",
    "  □ on.exit",
    "",
  ]);
  assert.match(drawAscii(etl, { plain: true }), /^o {7}extract\n\| o-\+ {3}lint\n\+-\*-\|-\+ load\n/);
});

/** Random graphs: each task may need any before it. */
const graphs = fc
  .array(fc.uniqueArray(fc.nat({ max: 30 }), { maxLength: 4 }), { minLength: 1, maxLength: 25 })
  .map((rows) => rows.map((needs, i) => needs.filter((need) => need < i)));

function runOf(needs: readonly (readonly number[])[]): RunSpec {
  const tasks = Object.fromEntries(
    needs.map((of, i) => [`n${i}`, { shell: "x", ...(of.length > 0 && { needs: of.map((need) => `n${need}`) }) }]),
  );
  return compileDocument({ name: "random", tasks });
}

/** What a picture says, read as its reader would: by name what each task needs. */
function readBack(picture: string): Map<string, string[]> {
  const rails = new Map<number, string[]>();
  const needs = new Map<string, string[]>();
  for (const row of picture.trimEnd().split("\n")) {
    const name = /n\d+$/.exec(row)![0];
    const cells = row.slice(0, -name.length);
    const own = cells.search(/[○●■□]/);
    const into = [...rails.keys()].filter((at) => at < own && /[├└┼┴]/.test(cells[at]!));
    if (/[●■]/.test(cells[own]!) && rails.has(own)) into.push(own);
    needs.set(name, into.flatMap((at) => rails.get(at)!).toSorted());
    for (const at of into) if (at === own || /[└┴]/.test(cells[at]!)) rails.delete(at);
    const out = cells.slice(own).search(/[┐┤]/);
    if (/[■□]/.test(cells[own]!)) continue;
    if (out < 0) rails.set(own, [name]);
    else rails.set(own + out, [...(cells[own + out] === "┤" ? rails.get(own + out)! : []), name]);
  }
  return needs;
}

test("what was drawn can be read back: every line leads where it should, in any graph", () => {
  fc.assert(
    fc.property(graphs, (needs) => {
      const run = runOf(needs);
      const picture = drawAscii(run);
      const read = readBack(picture);
      for (const { id, needs: wanted = [] } of run.tasks) {
        assert.deepEqual(read.get(id!), wanted.toSorted(), `${id} of\n${picture}`);
      }
    }),
    { numRuns: 500 },
  );
});

test("many that the same task waits for share a line; what is too wide is a list with names", () => {
  const fan = runOf([[], ...Array.from({ length: 40 }, () => [0]), Array.from({ length: 40 }, (_, i) => i + 1)]);
  assert.ok(
    drawAscii(fan)
      .split("\n")
      .every((row) => row.length < 12),
    drawAscii(fan),
  );
  const tangled = runOf([
    ...Array.from({ length: 60 }, () => []),
    ...Array.from({ length: 60 }, (_, i) => [i, (i * 7) % 60]),
  ]);
  const rows = drawAscii(tangled).trimEnd().split("\n");
  assert.equal(rows.at(-1), "● n119 ← n59, n53");
  const large = runOf([...Array.from({ length: 400 }, () => []), Array.from({ length: 400 }, (_, i) => i)]);
  assert.match(drawAscii(large).trimEnd().split("\n").at(-1)!, /^● n400 ← n0, n1, .* and 392 more$/);
});

test("Mermaid and DOT have every task and every need; signs that mean something to them are written otherwise", () => {
  const mermaid = drawMermaid(etl);
  assert.equal(mermaid.split("\n")[0], "graph TD");
  assert.match(mermaid, /n3\["check<br\/><small>when tasks\.extract\.outputs\.n == 1<\/small>"\]/);
  assert.equal(mermaid.match(/ --> /g)!.length, 7);
  assert.equal(mermaid.match(/ -\.-> /g)!.length, 1);
  const dot = drawDot(etl);
  assert.match(dot, /^digraph "etl" \{/);
  assert.equal(dot.match(/ -> /g)!.length, 8);
  const odd = compileDocument({
    name: 'a"b',
    tasks: { t: { shell: "x", when: 'params.q == "\\"<b>"' } },
    params: { q: 1 },
  });
  assert.match(drawDot(odd), /digraph "a\\"b"/);
  assert.match(drawMermaid(odd), /when params\.q == #34;\\#34;#60;b#62;#34;/);
});

test("the plan says the order, what is beside what, what is known only then, and what is inside", () => {
  const plan = workflowPlan(etl);
  assert.deepEqual(plan.levels, [["extract", "lint"], ["load", "check"], ["many"], ["ship"], ["inner"]]);
  assert.equal(plan.widest, 2);
  const byName = new Map(plan.tasks.map((task) => [task.name, task]));
  assert.deepEqual(byName.get("extract"), {
    name: "extract",
    kind: "shell",
    needs: [],
    does: "a",
    later: [],
    level: 0,
  });
  assert.deepEqual(byName.get("check")!.later, ["whether it runs: tasks.extract.outputs.n == 1"]);
  assert.deepEqual([byName.get("many")!.members, byName.get("many")!.trigger], [2, "all_done"]);
  assert.equal(byName.get("ship")!.approval, 'Go "now"?');
  assert.deepEqual(byName.get("inner")!.inner!.levels, [["p"], ["q"]]);
  assert.deepEqual([byName.get("compensate.load")!.role, byName.get("compensate.load")!.of], ["compensate", "load"]);
  assert.equal(byName.get("on.exit")!.role, "exit");
});

test("the plan of what is spread, repeated and run by name says what will be known then", () => {
  const { tasks } = workflowPlan(
    compileWorkflow(`
tasks:
  m: { shell: x, arm: fast, retries: 2, timeout: 1m }
  a: { needs: m, each: "\${{ tasks.m.outputs.l }}", shell: y, arm: slow }
  b: { needs: m, http: "GET \${{ tasks.m.outputs.url }}", repeat: { until: result.ok, interval: 5s, limit: 9 } }
  c: { workflow: nightly, target: big }
  d: { matrix: { x: [1, 2], y: [1, 2, 3], exclude: [{ x: 1, y: 3 }] }, call: f }
`),
  );
  const [m, a, b, c, d] = tasks;
  assert.deepEqual([m!.arm, m!.retries, m!.timeoutMs], ["fast", 2, 60_000]);
  assert.deepEqual(
    [a!.does, a!.arm, a!.later],
    ["each of ${{ tasks.m.outputs.l }}: y", "slow", ["how many tasks it stands for", "values of m"]],
  );
  assert.deepEqual(b!.later, ["values of m", "how often: up to 9 times until result.ok, every 5s"]);
  assert.deepEqual([c!.does, c!.worker, c!.later], ["run nightly", "big", ["the tasks of nightly"]]);
  assert.deepEqual([d!.members, d!.does], [5, "5 times: call f"]);
});
