/** Whatever stands in a file is refused in words or becomes a run; whatever comes out of values is a failure in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { ScopeSource } from "../protocol/evaluator.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import { compileDocument, compileWorkflow } from "./compile.ts";
import { drawAscii } from "./draw-ascii.ts";
import { drawDot, drawMermaid } from "./draw-text.ts";
import { createEvaluator } from "./evaluator.ts";
import { workflowPlan } from "./plan.ts";
import { TASK_KEYS } from "./task-keys.ts";
import { WORKFLOW_KEYS } from "./workflow-keys.ts";

const TEXTS = [
  ...[
    "",
    "x",
    "a",
    "b",
    "5",
    "10s",
    "true",
    "${{",
    "${{ }}",
    "${{ params.p }}",
    "${{ tasks.a.outputs.n }}",
    "$${{ x }}",
  ],
  ...[
    "${{ item }}",
    "${{ index + 1 }}",
    "${{ tasks.a.result }} ${{ params.p }}",
    "tasks.a.outputs.n > 1",
    "result.x",
    "all_done",
  ],
  ...[
    "./x.yaml",
    "GET http://x/${{ tasks.a.outputs.n }}",
    "echo '${{ params.p }}'",
    "each",
    "\0",
    "é",
    "string",
    "integer",
    "* * * * *",
  ],
];
const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Json>(...TEXTS) },
  fc.constantFrom<Json>(null, true, false, 0, 1, -1, 1.5, 300, 1e21),
);
const inner = [
  ...[
    "limit",
    "key",
    "value",
    "from",
    "type",
    "while",
    "until",
    "interval",
    "message",
    "exitCodes",
    "skipped",
    "command",
    "url",
  ],
  ...[
    "body",
    "headers",
    "env",
    "path",
    "to",
    "include",
    "exclude",
    "worker",
    "stages",
    "models",
    "tasks",
    "default",
    "pattern",
    "os",
  ],
];
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...inner, "a", "p"), tie("json"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
/** What people write, with expressions whose values may be anything. */
const KINDS: Json[] = [
  { shell: "echo ${{ tasks.a.outputs.n }}" },
  {
    shell: { command: "x", stdin: "${{ tasks.a.result }}" },
    cwd: "${{ tasks.a.outputs.n }}",
    outputs: { n: "integer" },
  },
  {
    http: "GET http://x/${{ tasks.a.outputs.n }}",
    outputs: { n: "${{ result.n }}", m: { value: "result", type: "integer" } },
  },
  { call: "f", input: { a: "${{ tasks.a.outputs }}", b: ["${{ default(tasks.a.result.x, params.p) }}"] } },
  { workflow: { params: { q: { type: "integer" } }, tasks: { x: "y" } }, params: { q: "${{ tasks.a.outputs.n }}" } },
  { workflow: "nowhere", params: { q: "$${{ 1 }}" } },
  { pipeline: { stages: [{ name: "s", model: "m" }], models: { m: {} }, input: "${{ tasks.a.result }}" } },
  { approval: "Sure, ${{ tasks.a.outputs.n }}?" },
];
const EXTRAS: Json[] = [
  ...[
    { when: "tasks.a.outputs.n > 1" },
    { when: "${{ tasks.a.result.exists(x, x == 1) }}" },
    { when: "run.depth < 3" },
  ],
  ...[
    { each: "${{ tasks.a.outputs.l }}" },
    { each: [1, "${{ params.p }}", { a: 1 }] },
    { each: [1], when: "item > index" },
  ],
  ...[{ each: "${{ tasks.a.result }}", arm: "${{ item }}", mutex: ["${{ item }}"], priority: "${{ index }}" }],
  ...[{ matrix: { os: ["a", "b"], v: "${{ tasks.a.outputs.l }}", exclude: [{ os: "a" }] } }, { trigger: "all_done" }],
  ...[{ repeat: { until: "result.n == 1", limit: 3 } }, { repeat: 2 }, { allowFailure: true }, { compensate: "undo" }],
  ...[
    { cache: { key: "${{ tasks.a.outputs.n }}" } },
    { concurrencyKey: "${{ params.p }}" },
    { artifacts: "a" },
    { retries: 2 },
  ],
];
const plausible = fc
  .tuple(fc.constantFrom(...KINDS), fc.subarray(EXTRAS, { maxLength: 2 }))
  .map(([kind, extras]): Json => Object.assign({ needs: "a" }, kind, ...extras) as Json);

const taskOf = (keys: readonly string[]): fc.Arbitrary<Json> =>
  fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 5, noNullPrototype: true });
const task = fc.oneof(
  scalar,
  taskOf(Object.keys(TASK_KEYS)),
  taskOf([
    "shell",
    "call",
    "http",
    "each",
    "matrix",
    "when",
    "needs",
    "input",
    "env",
    "workflow",
    "params",
    "outputs",
    "repeat",
    "approval",
  ]),
);
const document = fc.record(
  {
    tasks: fc.oneof(
      { weight: 9, arbitrary: fc.record({ a: task, b: task, c: task }) as fc.Arbitrary<Json> },
      {
        weight: 9,
        arbitrary: fc.record({ a: fc.constant<Json>("x"), b: plausible, c: plausible }) as fc.Arbitrary<Json>,
      },
      json,
    ),
    params: fc.oneof({ weight: 9, arbitrary: fc.constant<Json>({ p: 1 }) }, json),
    extra: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      fc.dictionary(fc.constantFrom(...Object.keys(WORKFLOW_KEYS)), json, { maxKeys: 2, noNullPrototype: true }),
    ),
  },
  { requiredKeys: ["tasks"] },
);

const results = fc.oneof(
  json,
  fc.record({ n: json, l: fc.oneof(json, fc.array(json, { maxLength: 3 })) }) as fc.Arbitrary<Json>,
);

const evaluator = createEvaluator();

function sourceOf(run: RunSpec, result: Json): ScopeSource {
  return {
    run: {
      id: "r1",
      workflow: run.workflow,
      createdAt: 1,
      params: run.params ?? {},
      scope: run.scope ?? {},
      depth: 0,
      files: run.files ?? {},
    },
    task: (name) => {
      const spec = run.tasks.find(({ id }) => id === name);
      return (
        spec && {
          id: "t1",
          state: "succeeded",
          kind: spec.kind,
          attempt: 1,
          result,
          spec: spec.node,
          members: () => [],
        }
      );
    },
    workflow: () => undefined,
  };
}

function tryAll(run: RunSpec, result: Json): void {
  workflowPlan(run);
  drawAscii(run);
  drawMermaid(run);
  drawDot(run);
  const source = sourceOf(run, result);
  for (const spec of run.tasks) {
    const prepared = evaluator.prepare(spec, source);
    if (prepared.type === "each") {
      for (let i = 0; i < Math.min(prepared.total, 3); i++) {
        try {
          evaluator.prepare(prepared.member(i), source);
        } catch (error) {
          // What is wrong with a member is told by the one who makes it.
          assert.equal((error as Error).constructor.name, "Fault", String((error as Error).stack));
        }
      }
    }
    if (spec.node !== undefined) evaluator.ended(spec.node, { result, attempt: 1 });
  }
  try {
    evaluator.runOutputs(run.scope ?? {}, source);
  } catch (error) {
    assert.ok(error instanceof OctopusError);
  }
}

test("drawn documents", () => {
  let good = 0;
  fc.assert(
    fc.property(document, results, ({ extra = {}, ...top }, result) => {
      let run: RunSpec;
      try {
        run = compileDocument({ ...extra, ...top });
      } catch (error) {
        assert.ok(error instanceof OctopusError && error.code === "invalid", String((error as Error).stack));
        return;
      }
      good++;
      tryAll(run, result);
    }),
    { numRuns: 1500, seed: 11 },
  );
  assert.ok(good > 150, `only ${good} of them were workflows`);
});

test("drawn texts", () => {
  const line = fc.tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom(
      ...TEXTS,
      "tasks:",
      "a:",
      "- x",
      "b: [",
      "k: {",
      "&x",
      "*x",
      "<<: *x",
      "---",
      "? y",
      "!t z",
      "|",
      ">-",
      "'",
      '"',
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
      const text = lines.map(([indent, words]) => "  ".repeat(indent) + words).join("\n");
      try {
        compileWorkflow(text);
      } catch (error) {
        assert.ok(error instanceof OctopusError && error.code === "invalid", String((error as Error).stack));
      }
    }),
    { numRuns: 1500, seed: 12 },
  );
});
