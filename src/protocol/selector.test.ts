import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LABEL_OPS } from "../base/words.ts";
import { parseSelector, Selector, selectorText } from "./selector.ts";

test("a selector reads as people write it", () => {
  const terms =
    "gpu == a100, zone in (attic, cellar), !spot, disk, os!=windows , arch=x64, site not in (a,b), rack notin (c)";
  assert.deepEqual(parseSelector(terms), [
    { label: "gpu", op: "==", values: ["a100"] },
    { label: "zone", op: "in", values: ["attic", "cellar"] },
    { label: "spot", op: "not exists", values: [] },
    { label: "disk", op: "exists", values: [] },
    { label: "os", op: "!=", values: ["windows"] },
    { label: "arch", op: "==", values: ["x64"] },
    { label: "site", op: "not in", values: ["a", "b"] },
    { label: "rack", op: "not in", values: ["c"] },
  ]);
});

test("labels with the names of words are labels", () => {
  for (const text of ["in", "!in", "not in (not)", "in in (in)", "exists == in"]) {
    const terms = parseSelector(text);
    assert.ok(typeof terms !== "string", `${text}: ${JSON.stringify(terms)}`);
    assert.equal(selectorText(terms), text);
  }
});

test("what is no selector is refused in words", () => {
  for (const [text, words] of [
    ["", /must be terms with commas/],
    ["gpu,", /must be terms with commas.*; "" is none$/],
    ["gpu ==", /must say which value of gpu/],
    ["zone in ()", /must say which value of zone/],
    ["zone in (a", /must be terms with commas/],
    ["a b", /must be terms with commas/],
    ["-x", /names no label with "-x"/],
    ["gpu == a==b", /has the value "a==b" for gpu/],
    ["zone === a", /has the value "= a" for zone, .*; equal is `==`/],
    ["zone == a && disk", /a comma stands between terms that must all hold/],
    ["zone == a || zone == b", /one of several values is/],
    ["zone == 'a'", /it has no quotes/],
    ["zone == attic disk", /a comma stands between terms$/],
    ["gpu > 3", /must be terms with commas[^;]*$/],
    ["disk, gpu > 3", /must be terms with commas.*; "gpu > 3" is none$/],
    ["a,".repeat(17), /at most 16 terms/],
    [`zone in (${"a,".repeat(64)}a)`, /at most 64 values/],
    ["x".repeat(129), /names no label/],
  ] as const) {
    const said = parseSelector(text);
    assert.ok(typeof said === "string", `${text} is refused`);
    assert.match(said, words);
  }
});

test("a mapping says equality, and a list in it one of several", () => {
  assert.deepEqual(Selector.parse({ os: "linux", cores: 8, ssd: true, zone: ["a", "b"] }), [
    { label: "os", op: "==", values: ["linux"] },
    { label: "cores", op: "==", values: ["8"] },
    { label: "ssd", op: "==", values: ["true"] },
    { label: "zone", op: "in", values: ["a", "b"] },
  ]);
  for (const odd of [{}, { "-": "a" }, { a: null }, { a: "b c" }, { a: [] }, [], 3, null]) {
    assert.equal(Selector.safeParse(odd).success, false, JSON.stringify(odd));
  }
});

const label = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_./-]{0,20}[A-Za-z0-9])?$/);
const value = fc.stringMatching(/^[A-Za-z0-9_.:/+-]{1,20}$/);
const term = fc.record({
  label,
  op: fc.constantFrom(...LABEL_OPS),
  values: fc.array(value, { minLength: 1, maxLength: 5 }),
});

test("what is written of terms reads as these terms", () => {
  fc.assert(
    fc.property(fc.array(term, { minLength: 1, maxLength: 16 }), (drawn) => {
      const terms = drawn.map(({ label: name, op, values }) => {
        if (op === "exists" || op === "not exists") return { label: name, op, values: [] };
        return { label: name, op, values: op === "==" || op === "!=" ? values.slice(0, 1) : values };
      });
      assert.deepEqual(parseSelector(selectorText(terms)), terms);
    }),
  );
});

test("no text takes long or throws", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a (),!=in]{0,80}$/), (text) => {
      const terms = parseSelector(text);
      if (typeof terms !== "string") assert.deepEqual(parseSelector(selectorText(terms)), terms);
    }),
  );
  for (const char of [",", "(", ")", "a,", "a (", "= ", "in (", "not "]) {
    const said = parseSelector(char.repeat(500_000));
    assert.equal(typeof said, "string");
  }
});
