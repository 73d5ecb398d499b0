/**
 * The examples as files: each compiles, names only functions that its module exports, says where its data come from, and
 * stays small. What they do when they run is tested in `test/integration/examples.test.ts`.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { OctopusError } from "../src/base/errors.ts";
import type { RunSpec } from "../src/protocol/workflow.ts";
import { compileWorkflow, workflowPlan } from "../src/workflow/mod.ts";

const examples = join(import.meta.dirname, "..", "examples");
const names = readdirSync(examples).filter((name) => existsSync(join(examples, name, "workflow.yaml")));

/** Largest file of data in the repository. */
const DATA_BYTES_MAX = 400_000;

function textOf(...path: string[]): string {
  return readFileSync(join(examples, ...path), "utf8");
}

function compile(name: string): RunSpec {
  return compileWorkflow(textOf(name, "workflow.yaml"), { source: `${name}/workflow.yaml`, cwd: join(examples, name) });
}

test("there are at least three examples", () => assert.ok(names.length >= 3, names.join(", ")));

for (const name of names) {
  test(`example ${name} compiles, and every task has a place in its plan`, () => {
    const run = compile(name);
    assert.equal(run.workflow, name);
    assert.equal(workflowPlan(run).flat().length, run.tasks.length);
  });

  test(`example ${name} calls only functions that its module exports`, async () => {
    const calls = compile(name).tasks.flatMap(({ work }) => (work.kind === "call" ? [work.call] : []));
    const file = join(examples, name, "functions.ts");
    const module = existsSync(file) ? ((await import(file)) as Record<string, unknown>) : {};
    for (const call of calls) assert.equal(typeof module[call], "function", call);
    assert.deepEqual(new Set(Object.keys(module)), new Set(calls), "an export that no task calls is left over");
  });

  test(`example ${name} has an expected report, and small data whose source and licence its README states`, () => {
    assert.ok(textOf(name, "expected", "report.txt").length > 0);
    const readme = textOf(name, "README.md");
    assert.match(readme, /public domain/i);
    for (const file of readdirSync(join(examples, name, "data"))) {
      assert.ok(statSync(join(examples, name, "data", file)).size <= DATA_BYTES_MAX, file);
      assert.ok(readme.includes(`data/${file}`), `README.md of ${name} says nothing of data/${file}`);
    }
  });
}

test("the plan of the first example goes from one task to one report", () => {
  assert.deepEqual(workflowPlan(compile("etl")), [
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
