/**
 * The examples as files: each compiles, names only functions that its module exports, says where its data come from, and
 * stays small. What they do when they run is tested in `test/integration/examples.test.ts`.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { OctopusError } from "../src/base/errors.ts";
import type { TaskSpec, Work } from "../src/protocol/task.ts";
import type { RunSpec } from "../src/protocol/workflow.ts";
import { compileWorkflow, workflowPlan } from "../src/workflow/mod.ts";
import { definitionOf, EXAMPLES, examples } from "./integration/example-worlds.ts";

/** Largest file of data in the repository. */
const DATA_BYTES_MAX = 400_000;

function textOf(...path: string[]): string {
  return readFileSync(join(examples, ...path), "utf8");
}

async function compile(name: string): Promise<RunSpec> {
  const { text, source } = await definitionOf(name);
  return compileWorkflow(text, { source: `${name}/${source}`, cwd: join(examples, name) });
}

/** What a task and the tasks in it do. */
function worksOf({ work }: TaskSpec): Work[] {
  return work.kind === "each" ? worksOf(work.each.task) : [work];
}

test("there are at least twelve examples", () => assert.ok(EXAMPLES.length >= 12, EXAMPLES.join(", ")));

for (const name of EXAMPLES) {
  test(`example ${name} compiles without a warning, and every task has a place in its plan`, async () => {
    const run = await compile(name);
    assert.equal(run.workflow, name);
    assert.deepEqual(run.warnings ?? [], []);
    assert.equal(workflowPlan(run).tasks.length, run.tasks.length);
  });

  test(`example ${name} calls only functions that its module exports`, async () => {
    const calls = (await compile(name)).tasks
      .flatMap(worksOf)
      .flatMap((work) => (work.kind === "call" ? [work.call] : []));
    const { functions, tasks } = await definitionOf(name);
    const known = [...Object.keys(functions), ...tasks.map((task) => task.name)];
    assert.deepEqual(new Set(known), new Set(calls), "an export that no task calls, or a call that nobody exports");
  });

  test(`example ${name} says how it is run and where its data come from, and what it leaves`, () => {
    assert.ok(textOf(name, "expected", "report.txt").length > 0);
    const readme = textOf(name, "README.md");
    assert.match(readme, /^# .+\n\n```\n/, "begins with its commands");
    const data = join(examples, name, "data");
    if (!existsSync(data)) return;
    assert.match(readme, /public domain/i);
    for (const file of readdirSync(data)) {
      assert.ok(statSync(join(data, file)).size <= DATA_BYTES_MAX, file);
      assert.ok(readme.includes(`data/${file}`), `README.md of ${name} says nothing of data/${file}`);
    }
  });
}

test("the plan of the first example goes from one task to one report", async () => {
  assert.deepEqual(workflowPlan(await compile("etl")).levels, [
    ["prepare"],
    ["source"],
    ["extract_airports", "extract_routes"],
    ["clean_airports", "stop_source", "clean_routes"],
    ["count_states", "load"],
    ["busiest_airports", "longest_routes"],
    ["report"],
  ]);
});

test("a slip in an example is told with its line and what was probably meant", () => {
  const text = textOf("etl", "workflow.yaml")
    .replace("needs: load", "needs: laod")
    .replace("timeout: 1m", "timeout: 60");
  const line = (part: string): number => text.split("\n").findIndex((one) => one.includes(part)) + 1;
  assert.throws(
    () => compileWorkflow(text, { source: "etl.yaml" }),
    (error: OctopusError) => {
      assert.deepEqual(error.issues, [
        {
          path: `etl.yaml:${line("timeout: 60")}:10`,
          message: "timeout must have a unit, not 60: write a unit, such as 60s",
        },
        {
          path: `etl.yaml:${line("needs: laod")}:12`,
          message: 'tasks.busiest_airports.needs names the unknown task "laod" (did you mean load?)',
        },
      ]);
      return true;
    },
  );
});
