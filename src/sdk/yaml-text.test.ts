import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { yamlText } from "./yaml-text.ts";

test("a workflow is written as a person would write it", () => {
  const text = yamlText({
    name: "etl",
    params: { limit: 10, "odd name": "yes" },
    tasks: {
      extract: { shell: "set -eu\ncurl -f https://example.org\n", timeout: "1m" },
      load: {
        needs: ["extract", "clean up"],
        http: "GET https://example.org/a",
        input: { rows: "${{ tasks.extract.outputs.rows }}", none: {} },
      },
      list: { each: [{ a: 1, b: [1, 2] }, { a: 2 }], shell: "true" },
    },
  });
  assert.equal(
    text,
    `name: etl
params:
  limit: 10
  odd name: "yes"
tasks:
  extract:
    shell: |
      set -eu
      curl -f https://example.org
    timeout: 1m
  load:
    needs: [extract, clean up]
    http: GET https://example.org/a
    input:
      rows: "\${{ tasks.extract.outputs.rows }}"
      none: {}
  list:
    each:
      - a: 1
        b: [1, 2]
      - a: 2
    shell: "true"
`,
  );
});

test("YT1 what is written reads back as the same value", () => {
  // Keys as names, and texts with all that YAML gives a meaning to.
  const odd = fc.string({
    unit: fc.constantFrom(...Array.from("aé \n\t:#-?|>&*!%@`'\"{}[],.~0\r\\\u0085\u2028\u{1f419}")),
  });
  const value = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      odd,
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(odd, fc.string({ maxLength: 8 })).filter((key) => key !== "__proto__"),
        tie("json"),
        { maxKeys: 4, noNullPrototype: true },
      ),
    ),
  })).json;
  const words = fc.array(
    fc.constantFrom("a", "5s", "1e3", "0x1f", "a:b", ":", "-", "a:", "https://x.org", "#", "null", "12:30"),
  );
  fc.assert(
    fc.property(words, (some) =>
      assert.deepEqual(parse(yamlText({ [some.join(" ")]: [some.join(" "), some.join("")] })), {
        [some.join(" ")]: [some.join(" "), some.join("")],
      }),
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(value, (json) => {
      assert.deepEqual(parse(yamlText(json as never)), json);
    }),
    { numRuns: 2000 },
  );
});
