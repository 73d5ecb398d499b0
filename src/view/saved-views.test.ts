import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery, printQuery } from "./query.ts";
import { BUILT_IN_VIEWS, readViews, viewNameProblem, withView } from "./saved-views.ts";

test("the views that come with the dashboard can be read, and are printed as they stand", () => {
  for (const { name, q } of BUILT_IN_VIEWS) {
    const { filter, problems } = parseQuery(q);
    assert.deepEqual(problems, [], name);
    assert.equal(printQuery(filter), q);
  }
});

test("what was kept is read, and what is broken is left out", () => {
  assert.deepEqual(readViews('[{"name":"a","q":"x"},{"name":""},3,null]'), [{ name: "a", q: "x" }]);
  for (const text of [null, "", "{", "{}", "7"]) assert.deepEqual(readViews(text), []);
});

test("a view takes the place of one of its name", () => {
  const views = withView(withView([], { name: " a ", q: "1" }), { name: "b", q: "2" });
  assert.deepEqual(withView(views, { name: "a", q: "3" }), [
    { name: "a", q: "3" },
    { name: "b", q: "2" },
  ]);
  assert.equal(viewNameProblem("dead"), "is the name of a view that comes with Octopus");
  assert.equal(viewNameProblem("x"), undefined);
});
