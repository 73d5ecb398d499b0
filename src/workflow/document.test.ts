/** Documents that programs make, files in JSON, several documents in a file, and files that are too much. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { compileDocument, compileWorkflow } from "./compile.ts";
import { readYaml } from "./document.ts";
import { workflowReferences } from "./sub-workflows.ts";
import { processorMs } from "../../test/machine.ts";

const issuesOf = (compile: () => unknown): string[] => {
  try {
    compile();
  } catch (error) {
    if (error instanceof OctopusError) return error.issues.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
};

test("a document becomes what its text would, and its problems name the path of the value", () => {
  const document: Json = {
    name: "etl",
    params: { n: 1 },
    tasks: {
      a: { shell: "x" },
      b: { call: "f", needs: ["a"], input: { n: "${{ params.n }}", s: "${{ tasks.a.state }}" } },
    },
  };
  const { definition, ...made } = compileDocument(document);
  const { definition: text, ...read } = compileWorkflow(JSON.stringify(document), { source: "workflow" });
  assert.deepEqual(made, read);
  assert.equal(definition, text);
  const wrong = { tasks: { a: { shel: "x" }, b: { call: "f", needs: "c" } }, tasky: 1, params: { p: { type: "x" } } };
  assert.deepEqual(
    issuesOf(() => compileDocument(wrong, { source: "built" })).toSorted(),
    [
      'tasky a workflow has the unknown key "tasky" (did you mean tasks?); known are name, description, params, env, cwd, schedule, arm, timeout, retries, priority, target, concurrency, maxParallel, runTimeout, tasks, on, outputs',
      'tasks.a.shel has the unknown key "shel" (did you mean shell?)',
      'params.p.type must be string, number, integer, boolean, array, object, not "x"',
      'tasks.b.needs[0] names the unknown task "c"',
    ].toSorted(),
  );
});

test("a file in JSON has lines and columns when something is wrong, and its keys may not stand twice", () => {
  const text = '{\n  "tasks": {\n    "a": {"shell": "x", "timeout": 5}\n  }\n}';
  assert.deepEqual(
    issuesOf(() => compileWorkflow(text, { source: "f.json" })),
    ["f.json:3:36 tasks.a.timeout must have a unit, not 5: write a unit, such as 5s"],
  );
  assert.deepEqual(
    issuesOf(() => compileWorkflow('{"tasks": {"a": "x", "a": "y"}}', { source: "f.json" })),
    ['f.json:1:22 has the key "a" twice; the first one is in line 1'],
  );
  assert.equal(compileWorkflow('{"tasks": {"a": "echo \\"b\\": \\\\"}}').tasks.length, 1);
  assert.match(
    issuesOf(() => compileWorkflow('{"tasks": {"a": {"call": "f", "input": {"__proto__": 1}}}}'))[0]!,
    /__proto__/,
  );
});

test("further documents are workflows of their own, run by their names", () => {
  const run = compileWorkflow("tasks: {a: {workflow: child}}\n---\nname: child\ntasks: {x: y}\n---\n");
  assert.deepEqual(run.files, { child: '{"name":"child","tasks":{"x":"y"}}' });
});

test("paths that a file names are seen from the folder of the first file", () => {
  const text =
    "tasks: {a: {workflow: ./sub/x.yaml}, b: {each: [1], workflow: y.yml}, c: {workflow: name}, d: {workflow: {tasks: {e: {workflow: ../z.json}}}}}";
  assert.deepEqual(workflowReferences(text), ["sub/x.yaml", "y.yml", "../z.json"]);
  assert.deepEqual(workflowReferences(text, "deep/er/main.yaml"), [
    "deep/er/sub/x.yaml",
    "deep/er/y.yml",
    "deep/z.json",
  ]);
  assert.deepEqual(workflowReferences("tasks: [["), []);
});

test("workflows that run each other are checked once each", () => {
  const files = {
    "b.yaml": "tasks: {x: {workflow: ./a.yaml}}",
    "a.yaml": "tasks: {y: {workflow: ./b.yaml, when: run.depth < 3}}",
  };
  assert.equal(compileWorkflow("tasks: {z: {workflow: ./a.yaml}}", { files }).tasks.length, 1);
});

test("refused: a file of 50 MB, in YAML and in JSON, before it costs time", () => {
  const start = processorMs();
  const comment = `tasks: {a: x}\n#${"x".repeat(50_000_000)}`;
  assert.match(
    issuesOf(() => compileWorkflow(comment))[0]!,
    /^workflow\.yaml:1:1 holds 50000015 characters; a workflow file may hold/,
  );
  const json = `{"tasks": {"a": "${"x".repeat(50_000_000)}"}}`;
  assert.match(issuesOf(() => compileWorkflow(json))[0]!, /holds 50000020 characters/);
  assert.ok(processorMs() - start < 2000);
});

test("values alone: params of a file, in YAML and JSON", () => {
  assert.deepEqual(readYaml("a: 1\nb: [x]", "p.yaml"), { a: 1, b: ["x"] });
  assert.deepEqual(readYaml('{"a": 1}', "p.json"), { a: 1 });
  assert.throws(() => readYaml("a: [", "p.yaml"), /p\.yaml:1:\d+ is not YAML that can be read/);
});

test("names with other signs than letters are understood where there is such a task", () => {
  const text = (expression: string): string =>
    `tasks: {fetch-data: x, fetch: x, data: x, a.b: x, t: {call: f, needs: [fetch-data, fetch, data, a.b], input: '\${{ ${expression} }}'}}`;
  const input = (expression: string): Json | undefined => {
    const { work } = compileWorkflow(text(expression)).tasks.at(-1)!;
    return work.kind === "call" ? work.input : undefined;
  };
  assert.equal(input("tasks.fetch-data.state"), '${{ tasks["fetch-data"].state }}');
  assert.equal(input("tasks.a.b.state"), '${{ tasks["a.b"].state }}');
  assert.equal(input("needs.fetch.outputs.n-1"), "${{ needs.fetch.outputs.n-1 }}");
  assert.equal(
    input('"tasks.fetch-data" + tasks.fetch-data.state'),
    '${{ "tasks.fetch-data" + tasks["fetch-data"].state }}',
  );
});
