import assert from "node:assert/strict";
import { test } from "node:test";
import { compileWorkflow } from "./compile.ts";

const schemaOf = (params: string) =>
  compileWorkflow(`params:\n${params}\ntasks: {a: "true"}`, { check: true }).paramsSchema;

test("declared params come out as one JSON Schema", () => {
  assert.deepEqual(
    schemaOf(
      [
        "  city: Oslo",
        "  days: { type: integer, default: 7, minimum: 1, description: How many }",
        "  who: { type: string, required: true, enum: [ann, bob] }",
        "  note: { type: string, required: false, maxLength: 9 }",
        "  list: { default: [1], items: { type: integer } }",
        "  any: {}",
      ].join("\n"),
    ),
    {
      type: "object",
      properties: {
        city: { type: "string", default: "Oslo" },
        days: { type: "integer", default: 7, minimum: 1, description: "How many" },
        who: { type: "string", enum: ["ann", "bob"] },
        note: { type: "string", maxLength: 9 },
        list: { type: "array", default: [1], items: { type: "integer" } },
        any: {},
      },
      required: ["who", "any"],
      additionalProperties: false,
    },
  );
});

test("a workflow without params has an empty schema, and one that is run has none", () => {
  const text = "tasks: {a: 'true'}";
  const empty = { type: "object", properties: {}, additionalProperties: false };
  assert.deepEqual(compileWorkflow(text, { check: true }).paramsSchema, empty);
  assert.equal(compileWorkflow(text).paramsSchema, undefined);
});
