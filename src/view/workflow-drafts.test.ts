import assert from "node:assert/strict";
import { test } from "node:test";
import { planLine, planParts } from "./plan-parts.ts";
import { isSameText, readDraft } from "./workflow-drafts.ts";

test("a draft is read back, and rubbish is none", () => {
  const draft = { base: "ab", definition: "x", files: { "a.yaml": "y" } };
  assert.deepEqual(readDraft(JSON.stringify(draft)), draft);
  assert.deepEqual(readDraft('{"base":null,"definition":""}'), { base: null, definition: "", files: {} });
  for (const text of [null, "", "{", "null", "[]", '{"base":3,"definition":"x"}', '{"base":"a"}'])
    assert.equal(readDraft(text), undefined, String(text));
});

test("drafts of the same texts are the same", () => {
  const draft = { definition: "x", files: { a: "1" } };
  assert.equal(isSameText(draft, { definition: "x", files: { a: "1" } }), true);
  assert.equal(isSameText(draft, { definition: "x", files: { a: "2" } }), false);
  assert.equal(isSameText(draft, { definition: "x" }), false);
  assert.equal(isSameText({ definition: "x", files: {} }, { definition: "x" }), true);
});

test("a plan is drawn as tasks that have not run", () => {
  const plan = { name: "b", kind: "shell", needs: ["a"], does: "ls", later: [], retries: 1, when: "x" } as const;
  const { tasks } = planParts({ tasks: [{ ...plan, needs: [...plan.needs], later: [] }] });
  assert.deepEqual([tasks[0]!.id, tasks[0]!.needs, tasks[0]!.state], ["b", ["a"], "blocked"]);
  assert.equal(planLine({ ...plan, needs: [], later: [] }), "ls · when x · 1 retry");
});
