/** Notes are complete, the schema takes what the compiler takes, and the published files are fresh. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import type { Json } from "../base/words.ts";
import { ASK_KEYS } from "./ask-keys.ts";
import { compileWorkflow } from "./compile.ts";
import { REPEAT_KEYS } from "./end-keys.ts";
import { APPROVAL_KEYS, INPUT_KEYS } from "./gate-keys.ts";
import { CONTINUE_KEYS } from "./node-keys.ts";
import type { Schema } from "./note.ts";
import { ASK_NOTES } from "./notes-asks.ts";
import { TASK_NOTES } from "./notes-tasks.ts";
import { TOP_NOTES } from "./notes-top.ts";
import { DECLARATION_KEYS } from "./params.ts";
import { SUBJECTS, workflowReference } from "./reference.ts";
import { explainKey, workflowSchema } from "./schema.ts";
import { CALLBACK_KEYS, HTTP_KEYS, RETRIES_KEYS, RULE_KEYS, SHELL_KEYS, TASK_KEYS } from "./task-keys.ts";
import { DOCKER_KEYS, PLUGIN_KEYS, WASM_KEYS } from "./work-keys.ts";
import { WORKFLOW_KEYS } from "./workflow-keys.ts";

const root = join(import.meta.dirname, "..", "..");
const same = (notes: object, keys: readonly string[], what: string): void =>
  assert.deepEqual(Object.keys(notes).toSorted(), [...keys].toSorted(), what);

test("every key has a note, and every note a key", () => {
  same(TOP_NOTES, Object.keys(WORKFLOW_KEYS), "top");
  same(TASK_NOTES, Object.keys(TASK_KEYS), "task");
  same(ASK_NOTES, Object.keys(ASK_KEYS), "asks");
  const inner: [object | undefined, readonly string[]][] = [
    [TASK_NOTES["shell"]!.keys, Object.keys(SHELL_KEYS)],
    [TASK_NOTES["http"]!.keys, Object.keys(HTTP_KEYS)],
    [TASK_NOTES["plugin"]!.keys, Object.keys(PLUGIN_KEYS)],
    [TASK_NOTES["docker"]!.keys, Object.keys(DOCKER_KEYS)],
    [TASK_NOTES["wasm"]!.keys, Object.keys(WASM_KEYS)],
    [TASK_NOTES["retries"]!.keys, Object.keys(RETRIES_KEYS)],
    [TASK_NOTES["repeat"]!.keys, Object.keys(REPEAT_KEYS)],
    [TASK_NOTES["approval"]!.keys, Object.keys(APPROVAL_KEYS)],
    [TASK_NOTES["artifacts"]!.keys, Object.keys(INPUT_KEYS)],
    [TASK_NOTES["continueOn"]!.keys, Object.keys(CONTINUE_KEYS)],
    [TASK_NOTES["on"]!.each, Object.keys(CALLBACK_KEYS)],
    [TOP_NOTES["params"]!.each, DECLARATION_KEYS],
  ];
  for (const [notes, keys] of inner) same(notes!, keys, keys.join());
  const rules = (TASK_NOTES["retries"]!.keys!["rules"]!.schema["items"] as { properties: object }).properties;
  same(rules, Object.keys(RULE_KEYS), "rules");
  const grouped = Object.values(SUBJECTS).flat();
  same(Object.fromEntries(grouped.map((key) => [key, 1])), Object.keys(TASK_KEYS), "subjects");
});

type Misfit = string | undefined;

/** As much of JSON Schema as ours is made of. Answers the place of what does not fit. */
function misfit(value: Json | undefined, schema: Schema, all: Schema, at = "$"): Misfit {
  if (typeof schema["$ref"] === "string") {
    const name = schema["$ref"].replace("#/$defs/", "");
    return misfit(value, (all["$defs"] as Record<string, Schema>)[name]!, all, at);
  }
  if (schema["not"] !== undefined) return `${at}: not allowed`;
  if (schema["anyOf"] !== undefined) {
    const found = (schema["anyOf"] as Schema[]).map((one) => misfit(value, one, all, at));
    const depth = (one: Misfit): number => one!.split(":")[0]!.length;
    if (found.every((one) => one !== undefined)) return found.toSorted((a, b) => depth(b) - depth(a))[0];
  }
  return (
    misfitScalar(value, schema, at) ??
    (Array.isArray(value) ? misfitList(value, schema, all, at) : misfitMapping(value, schema, all, at))
  );
}

function isType(value: Json | undefined, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function misfitScalar(value: Json | undefined, schema: Schema, at: string): Misfit {
  const { type, enum: allowed, pattern, minLength, minimum, maximum } = schema as Record<string, never>;
  const types: string[] = type === undefined ? [] : [type].flat();
  if (types.length > 0 && !types.some((one) => isType(value, one))) return `${at}: must be ${types.join(" or ")}`;
  if (allowed !== undefined && !(allowed as Json[]).includes(value as Json)) return `${at}: not one of them`;
  if ("const" in schema && value !== schema["const"]) return `${at}: another value`;
  if (typeof value === "string") {
    if (pattern !== undefined && !new RegExp(pattern).test(value)) return `${at}: does not fit ${String(pattern)}`;
    if (minLength !== undefined && value.length < minLength) return `${at}: too short`;
  }
  const fits = typeof value !== "number" || (value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity));
  return fits ? undefined : `${at}: too much`;
}

function misfitList(value: Json[], { items, minItems }: Schema, all: Schema, at: string): Misfit {
  if (typeof minItems === "number" && value.length < minItems) return `${at}: too few`;
  if (items === undefined) return undefined;
  return value.map((item, i) => misfit(item, items as Schema, all, `${at}[${i}]`)).find((one) => one !== undefined);
}

function misfitMapping(value: Json | undefined, schema: Schema, all: Schema, at: string): Misfit {
  if (typeof value !== "object" || value === null) return undefined;
  const { required = [], properties = {}, additionalProperties: more, propertyNames } = schema as Record<string, never>;
  for (const key of required as string[]) if (!Object.hasOwn(value, key)) return `${at}: lacks ${key}`;
  for (const [key, one] of Object.entries(value)) {
    const own = (properties as Record<string, Schema>)[key];
    if (own === undefined && more === false) return `${at}.${key}: unknown`;
    const found =
      (propertyNames === undefined ? undefined : misfit(key, propertyNames, all, `${at}.${key}`)) ??
      misfit(one, own ?? more ?? {}, all, `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const schema = workflowSchema();
const documentsOf = (text: string): Json[] =>
  parseAllDocuments(text, { merge: true, version: "1.2" }).map((one) => one.toJS() as Json);

test("the schema takes every workflow of the examples and of the guide", () => {
  const guide = readFileSync(join(root, "docs/guide/workflows.md"), "utf8");
  const blocks = [...guide.matchAll(/^```yaml.*\n([\s\S]*?)^```\n+(```refused)?/gm)];
  const good = blocks.filter((block) => block[2] === undefined).map((block) => block[1]!);
  for (const path of globSync("examples/*/*.yaml", { cwd: root })) good.push(readFileSync(join(root, path), "utf8"));
  let count = 0;
  for (const text of good) {
    for (const document of documentsOf(text)) {
      if (typeof document !== "object" || document === null || !("tasks" in document)) continue;
      count++;
      assert.equal(misfit(document, schema, schema), undefined, text);
    }
  }
  assert.ok(count > 20);
});

test("every example of a note is taken by the schema and by the compiler", () => {
  for (const [key, { example }] of Object.entries(TASK_NOTES)) {
    if (example === undefined) continue;
    const own = example
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n");
    const kind =
      /^(shell|http|call|plugin|docker|wasm|uses|workflow|pipeline|input)\b/m.test(example) && key !== "input"
        ? ""
        : "    call: f\n";
    const others = ["extract", "lint", "count", "list", "build", "docs", "fetch"]
      .map((name) => `  ${name}: x`)
      .join("\n");
    const shell = ["env", "outputs"].includes(key) ? "    shell: x\n" : kind;
    const text = `tasks:\n${others}\n  it:\n${shell}${own}\n${key === "needs" || key === "depends" ? "" : "    needs: [extract, lint, count, list, build, docs, fetch]\n"}`;
    assert.equal(misfit(documentsOf(text)[0], schema, schema), undefined, text);
    const params = /OCTOPUS_PARAM_day/.test(text) ? "params: { day: x }\n" : "";
    assert.doesNotThrow(() => compileWorkflow(params + text, { check: true }), text);
  }
  for (const [key, { example }] of Object.entries(TOP_NOTES)) {
    if (example === undefined) continue;
    const text =
      key === "tasks" ? example : `${example}\n${key === "outputs" ? "tasks: { load: x }" : "tasks: { a: x }"}`;
    assert.equal(misfit(documentsOf(text)[0], schema, schema), undefined, text);
    assert.doesNotThrow(() => compileWorkflow(text, { check: true }), text);
  }
});

test("the schema refuses what the compiler refuses, as far as a schema can", () => {
  for (const [text, place] of [
    ["tasks: {}", /^$/],
    ["name: x", /\$: lacks tasks/],
    ["tasks: {a: x}\nnamme: y", /\$\.namme: unknown/],
    ["tasks: {a: {run: x}}", /\$\.tasks\.a\.run: unknown/],
    ["tasks: {a: {call: f, each: 5}}", /\$\.tasks\.a\.each/],
    ["tasks: {a: {call: f, timeout: 30}}", /\$\.tasks\.a\.timeout/],
    ["tasks: {a: {call: f, trigger: always}}", /\$\.tasks\.a\.trigger/],
    ["tasks: {a: {call: f, priority: 12}}", /\$\.tasks\.a\.priority/],
    ["tasks: {a: {call: f, onFailure: {shell: x, needs: b}}}", /\$\.tasks\.a\.onFailure\.needs: unknown/],
    ["tasks: {a: x}\non: {failed: x}", /\$\.on\.failed: unknown/],
    ["tasks: {a: x}\nparams: {p: {typ: string}}", /\$\.params\.p\.typ: unknown/],
    ["tasks: {a: {docker: {imagee: alpine}}}", /\$\.tasks\.a\.docker/],
  ] as const) {
    if (place.source !== "^$") assert.match(misfit(documentsOf(text)[0], schema, schema) ?? "it fits", place, text);
    assert.throws(() => compileWorkflow(text), text);
  }
});

test("a key is explained by its path, with the names of tasks and params left out or in", () => {
  assert.match(
    explainKey("tasks.each"),
    /^tasks\.each: a list, or \$\{\{ \}\} that stands for one\n\nA task for each item/,
  );
  assert.equal(explainKey("tasks.load.retries.delay"), explainKey("tasks.retries.delay"));
  assert.match(explainKey("tasks.repeat"), /Keys of tasks\.repeat:\n {2}while/);
  assert.match(explainKey("params.day.pattern"), /^params\.pattern: text/);
  assert.match(explainKey("on.failure"), /^on\.failure: /);
  assert.match(explainKey("tasks"), /Keys of tasks:\n {2}shell/);
  assert.match(explainKey(""), /^Keys of a workflow:\n {2}name/);
  assert.throws(() => explainKey("tasks.eech"), /tasks has no key "eech" \(did you mean each\?\)/);
  assert.throws(() => explainKey("task.each"), /a workflow has no key "task" \(did you mean tasks\?\)/);
  assert.throws(() => explainKey("tasks.each.x"), /tasks\.each has no key "x"; tasks\.each has no keys of its own/);
});

test("docs/reference/workflow.md and workflow.schema.json are fresh (else: node scripts/write-reference.ts)", () => {
  const page = readFileSync(join(root, "docs/reference/workflow.md"), "utf8");
  assert.equal(page, workflowReference());
  const published = readFileSync(join(root, "docs/reference/workflow.schema.json"), "utf8");
  assert.equal(published, `${JSON.stringify(schema, null, 2)}\n`);
});
