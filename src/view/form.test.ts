import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "../base/words.ts";
import { emptyForm, formOf, type FormValue, readForm, valuesOf, withValue } from "./form.ts";
import { placeIssues } from "./form-path.ts";

const REPORT: Json = {
  type: "object",
  required: ["customer", "pages"],
  additionalProperties: false,
  properties: {
    customer: { type: "string", title: "Customer", description: "Who gets it", minLength: 2 },
    pages: { type: "integer", minimum: 1, maximum: 9 },
    format: { enum: ["pdf", "html"], default: "pdf" },
    urgent: { type: ["boolean", "null"] },
    to: { type: "array", items: { type: "string", format: "email" }, maxItems: 2 },
    labels: { type: "object", additionalProperties: { type: "string" } },
    layout: { $ref: "#/$defs/layout" },
    any: {},
  },
  $defs: { layout: { type: "object", properties: { margin: { type: "number", exclusiveMinimum: 0 } } } },
};

test("a schema becomes fields of its kinds", () => {
  const form = formOf(REPORT);
  assert.deepEqual(
    form.fields.map(({ key, is, isNeeded }) => `${key} ${is}${isNeeded ? "!" : ""}`),
    [
      "customer text!",
      "pages number!",
      "format choice",
      "urgent boolean",
      "to list",
      "labels map",
      "layout group",
      "any json",
    ],
  );
  assert.equal(form.fields[0]?.says, "Who gets it");
  assert.equal(form.isOpen, false);
});

test("what is typed becomes JSON, and each mistake stands at its field", () => {
  const form = formOf(REPORT);
  const values: FormValue = {
    of: {
      customer: "x",
      pages: "9.5",
      format: '"doc"',
      to: { items: ["a", "b", undefined] },
      layout: { of: { margin: "0" }, more: "" },
      any: "{",
    },
    more: "",
  };
  assert.deepEqual(
    readForm(form, values).errors.map(({ path, message }) => `${path}: ${message.split(":")[0]}`),
    [
      "customer: must be at least 2 characters long",
      "pages: must be a whole number",
      "format: must be one of pdf, html",
      "to[2]: is needed",
      "to: must have at most 2 items",
      "layout.margin: must be more than 0",
      "any: is no JSON",
    ],
  );
  assert.deepEqual(readForm(form, emptyForm()).errors, [
    { path: "customer", message: "is needed" },
    { path: "pages", message: "is needed" },
  ]);
});

test("what is missing in a group that is needed stands at its fields", () => {
  const inner = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const form = formOf({ type: "object", properties: { group: inner }, required: ["group"] });
  assert.deepEqual(readForm(form, undefined).errors, [{ path: "group.a", message: "is needed" }]);
});

test("a schema that a form cannot show takes JSON", () => {
  const form = formOf({
    properties: { a: { oneOf: [{ type: "string" }, { type: "number" }] }, b: { $ref: "#/nowhere" } },
  });
  assert.deepEqual(
    form.fields.map(({ is }) => is),
    ["json", "json"],
  );
  assert.deepEqual(formOf(undefined).fields, []);
  assert.deepEqual(readForm(formOf(true), valuesOf(formOf(true), { a: 1 })), { json: { a: 1 }, errors: [] });
});

test("a schema that holds itself ends in JSON", () => {
  const form = formOf({ properties: { tree: { $ref: "#" } } });
  assert.equal(form.fields[0]?.is, "group");
});

test("choices may have titles", () => {
  const form = formOf({
    properties: {
      size: {
        oneOf: [
          { const: 1, title: "small" },
          { const: 2, title: "large" },
        ],
      },
    },
  });
  const size = form.fields[0]!;
  assert.deepEqual(size.is === "choice" && size.choices.map(({ label }) => label), ["small", "large"]);
  assert.deepEqual(readForm(form, { of: { size: "2" }, more: "" }).json, { size: 2 });
});

test("values change in place, and an optional group without values goes", () => {
  const form = formOf(REPORT);
  let values = withValue(form, emptyForm(), ["layout", "margin"], "1.5");
  assert.deepEqual(readForm(form, values).json, { layout: { margin: 1.5 } });
  values = withValue(form, values, ["layout", "margin"], undefined);
  assert.deepEqual(values, emptyForm());
  const list: FormValue = { of: { to: { items: ["a", "b"] } }, more: "" };
  assert.deepEqual(readForm(form, withValue(form, list, ["to", 1], "c")).json, { to: ["a", "c"] });
});

test("what the server complains of is placed at the field that is shown", () => {
  const { at, rest } = placeIssues(formOf(REPORT), [
    { path: "to[1]", message: "must be an address" },
    { path: "any.deep[0]", message: "must not be" },
    { path: "elsewhere", message: "is odd" },
    { path: "", message: "must say what to do" },
  ]);
  assert.deepEqual(
    [...at],
    [
      ["to[1]", "must be an address"],
      ["any", "deep[0] must not be"],
    ],
  );
  assert.deepEqual(
    rest.map(({ path }) => path),
    ["elsewhere", ""],
  );
});

const leaf = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "number", "integer", "boolean", "null") }),
  fc.record({ enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 3 }) }),
  fc.constant({}),
  fc.constant({ type: ["string", "null"], format: "multiline" }),
);
const NAMES = ["a", "b", "c", "__proto__", "x.y"];
const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf as fc.Arbitrary<Json>,
    fc.record({ type: fc.constant("array"), items: tie("schema") }) as fc.Arbitrary<Json>,
    fc.record({ type: fc.constant("object"), additionalProperties: tie("schema") }) as fc.Arbitrary<Json>,
    fc
      .record({ properties: fc.dictionary(fc.constantFrom(...NAMES), tie("schema")), required: fc.subarray(NAMES) })
      .map(({ properties, required }) => ({
        type: "object",
        properties,
        // A group that is needed is made where it is missing.
        required: required.filter(
          (name) => (properties[name] as { properties?: Json } | undefined)?.properties === undefined,
        ),
      })) as fc.Arbitrary<Json>,
  ),
}));
const values = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
const objects = fc
  .dictionary(fc.constantFrom(...NAMES, "z"), values)
  .map((one) => JSON.parse(JSON.stringify(one)) as Json);

test("a form that shows a value reads as that value (FM1)", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...NAMES), schema), objects, (properties, json) => {
      const form = formOf({ type: "object", properties });
      assert.deepEqual(readForm(form, valuesOf(form, json)).json, json);
    }),
    { numRuns: 200 },
  );
});
