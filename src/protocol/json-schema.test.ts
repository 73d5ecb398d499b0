/** What a plugin may declare of its inputs, and what is said of values that do not fit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../base/words.ts";
import { inputCheck, propertiesOf } from "./json-schema.ts";

test("values are told by their path, with what is allowed and what was seen", () => {
  const check = inputCheck(
    {
      type: "object",
      properties: {
        level: { enum: ["P1", "P2"] },
        hosts: { type: "array", items: { type: "string", pattern: "^[a-z]+$" }, maxItems: 2 },
        mail: { type: "string", format: "email" },
        when: { anyOf: [{ type: "number" }, { type: "null" }] },
      },
      required: ["level"],
      additionalProperties: false,
    },
    "inputs",
  );
  assert.deepEqual(check({ level: "P1", hosts: ["a"], when: null }), []);
  const said = (value: Json) => check(value).map(({ path, message }) => `${path.join(".")} ${message}`);
  assert.deepEqual(said({}), ['level is missing: must be "P1" or "P2"']);
  assert.deepEqual(said({ level: "P1", hosts: ["A"] }), [
    'hosts.0 Invalid string: must match pattern /^[a-z]+$/, not "A"',
  ]);
  assert.deepEqual(said({ level: "P1", hosts: ["a", "b", "c"] }), [
    'hosts must be at most 2 items long, not ["a","b","c"]',
  ]);
  assert.deepEqual(said({ level: "P1", mail: "x" }), ['mail Invalid email address, not "x"']);
  assert.match(
    said({ level: "P1", lvl: 1 })[0]!,
    /has the unknown key "lvl" \(did you mean level\?\); it takes level, /,
  );
});

test("a schema that cannot be checked is refused where it is declared", () => {
  const refused = (schema: Json, words: RegExp) =>
    assert.throws(() => inputCheck(schema, "actions.main.inputs"), { code: "invalid", message: words });
  refused("object", /actions.main.inputs must be the JSON Schema of an object/);
  refused({ type: "string" }, /must be the JSON Schema of an object/);
  refused({ if: {} }, /inputs.if is not checked here; known keywords are/);
  refused({ minProperties: 1 }, /inputs.minProperties is not checked/);
  refused({ properties: { a: { tpye: "string" } } }, /inputs.properties.a.tpye is not checked/);
  refused({ properties: { a: { anyOf: [{ frob: 1 }] } } }, /properties.a.anyOf\[0\].frob is not checked/);
  refused({ properties: { a: { type: "objekt" } } }, /is no JSON Schema that can be checked: Unsupported type: objekt/);
  refused({ properties: { a: { type: "string", pattern: "(" } } }, /Invalid regular expression/);
  let deep: Json = {};
  for (let i = 0; i < 100; i++) deep = { properties: { a: deep } };
  refused(deep, /is nested deeper than 32 schemas/);
});

test("the names of its properties are in their order", () => {
  assert.deepEqual(propertiesOf({ properties: { b: {}, a: {} } }), ["b", "a"]);
  for (const none of [undefined, {}, { properties: [] }, 7] as (Json | undefined)[])
    assert.deepEqual(propertiesOf(none), []);
});
