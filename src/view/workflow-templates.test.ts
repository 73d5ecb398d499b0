import assert from "node:assert/strict";
import { test } from "node:test";
import { compileWorkflow } from "../workflow/mod.ts";
import { TEMPLATES } from "./workflow-templates.ts";

for (const { id, definition } of TEMPLATES)
  test(`the template ${id} is a workflow, without a remark`, () => {
    const { warnings, tasks } = compileWorkflow(definition, { check: true });
    assert.deepEqual(warnings, undefined);
    assert.ok(tasks.length > 0);
  });

test("templates have names of their own", () => {
  assert.equal(new Set(TEMPLATES.map(({ id }) => id)).size, TEMPLATES.length);
});
