import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { aboutAt, keysAt, type SchemaNode, valuesAt } from "./schema-words.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../docs/reference/workflow.schema.json", import.meta.url), "utf8"),
) as SchemaNode;

const words = (...path: (string | number)[]): string[] => keysAt(schema, path).map(({ word }) => word);

test("keys of every level of a workflow are known, those of alternatives too", () => {
  assert.ok(["name", "params", "tasks", "on"].every((word) => words().includes(word)));
  assert.ok(["shell", "needs", "http", "each", "when"].every((word) => words("tasks", "anything").includes(word)));
  assert.ok(["type", "default", "enum"].every((word) => words("params", "city").includes(word)));
  assert.ok(words("tasks", "a", "retries").length > 1);
  assert.ok(words("schedule", 0).includes("cron"));
  assert.deepEqual(words("name"), []);
  assert.deepEqual(words("nothing", "of", "this", 3), []);
  assert.equal(keysAt(schema, []).find(({ word }) => word === "tasks")?.isNeeded, true);
});

test("values that may stand there are known, and what a key means", () => {
  assert.ok(valuesAt(schema, ["params", "city", "required"]).includes("true"));
  assert.ok(valuesAt(schema, ["tasks", "a", "trigger"]).length > 2);
  assert.match(aboutAt(schema, ["tasks", "a", "needs"])?.about ?? "", /\w+/);
  assert.equal(aboutAt(schema, ["tasks", "a", 0]), undefined);
  assert.equal(aboutAt(schema, ["what"]), undefined);
});
