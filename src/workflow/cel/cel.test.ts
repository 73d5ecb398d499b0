/** Expressions: numbers of JSON, names, errors in words, and bounds that end what would never end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../../base/words.ts";
import { ExpressionError, readExpression } from "./cel.ts";
import { processorMs } from "../../../test/machine.ts";

const items = Array.from({ length: 10_000 }, (_, i) => i);
const scope = {
  params: { big: items, none: null, text: "a".repeat(100_000), name: "n" },
  tasks: { a: { outputs: { n: 3, half: 1.5, text: "x", list: [1, 2, 3], deep: { b: [{ c: 1 }] } }, state: "failed" } },
  item: 4,
  index: 2,
};
const value = (text: string): Json => readExpression(text).evaluate(scope);

test("numbers of JSON: whole ones are integers, the others doubles, and the two go together", () => {
  const expected: Record<string, Json> = {
    "tasks.a.outputs.n == 3": true,
    "tasks.a.outputs.n + 1": 4,
    "tasks.a.outputs.n * 1.5": 4.5,
    "tasks.a.outputs.half * 2": 3,
    "tasks.a.outputs.half + tasks.a.outputs.n": 4.5,
    "tasks.a.outputs.half > 1": true,
    "tasks.a.outputs.n % 2 == 1": true,
    "tasks.a.outputs.half % 1 == 0.5": true,
    "7 / 2": 3,
    "double(7) / 2": 3.5,
    "1 == 1.0": true,
    "1.5 != 1": true,
    "tasks.a.outputs.n in [1, 2, 3]": true,
    "tasks.a.outputs.list == [1, 2, 3]": true,
    "tasks.a.outputs.list[index]": 3,
    "tasks.a.outputs.list[tasks.a.outputs.n - 1]": 3,
    'tasks.a.outputs.deep == {"b": [{"c": 1}]}': true,
    "string(tasks.a.outputs.n) + '!'": "3!",
    "int('12') + 1": 13,
    "-tasks.a.outputs.n": -3,
    "params.big.size()": 10_000,
    "[1, 'a', null, true, 2u, 1.5, {'k': [1]}]": [1, "a", null, true, 2, 1.5, { k: [1] }],
  };
  for (const [text, wanted] of Object.entries(expected)) assert.deepEqual(value(text), wanted, text);
});

test("functions of ours, and values that JSON has other words for", () => {
  const expected: Record<string, Json> = {
    "default(tasks.a.outputs.nothing, 5)": 5,
    "default(params.none, 'no')": "no",
    "default(tasks.a.outputs.n, 5)": 3,
    "has(tasks.a.outputs.nothing)": false,
    "has(tasks.a.outputs.n)": true,
    "fromJson('{\"a\": [1]}').a[0] + 1": 2,
    "toJson(tasks.a.outputs.deep)": '{"b":[{"c":1}]}',
    "'a-b'.replace('-', '+').upper()": "A+B",
    "'Ab'.lower().split('')": ["a", "b"],
    "['a', 'b'].join(', ')": "a, b",
    "'v12'.matches('^v[0-9]+$')": true,
    "timestamp('2026-01-01T00:00:00Z')": "2026-01-01T00:00:00.000Z",
    "duration('90s')": "90s",
    "timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')": true,
    "type(1)": "int",
    "cel.bind(o, tasks.a.outputs, o.n * o.n)": 9,
    "tasks.a.outputs.list.filter(x, x > 1).map(x, x * 2)": [4, 6],
    "tasks.a.outputs.list.all(x, x > 0) && tasks.a.outputs.list.exists(x, x == 2)": true,
  };
  for (const [text, wanted] of Object.entries(expected)) assert.deepEqual(value(text), wanted, text);
});

test("what is wrong is told in words", () => {
  const refused: Record<string, RegExp> = {
    "tasks.a.outputs.nn":
      /^finds no "nn" in tasks\.a\.outputs \(did you mean n\?\); there are n, half, text, list, deep$/,
    "taks.a": /^names the unknown taks \(did you mean tasks\?\)$/,
    "'a' + 1": /^puts together what does not go together: no such overload: string \+ int$/,
    "tasks.a.outputs.text + 1": /does not go together: no such overload: string \+ int/,
    "foo(1)": /^calls what there is not: 'foo\(int\)'$/,
    "octopusRoot(1)": /^calls what there is not/,
    "1 +": /^cannot be read: Unexpected token: EOF \(character 4\)$/,
    "'abc": /^cannot be read: Unterminated string/,
    "": /^is empty$/,
    "1 / 0": /^cannot be evaluated: division by zero/,
    "tasks.a.outputs.list[9]": /index out of bounds/,
    "'a'.matches('(')": /^has the pattern "\(", which has a \( without its \)$/,
    "9007199254740993": /^gives 9007199254740993, which is too large for a number of JSON/,
    "1.0 / 0.0": /^gives Infinity, which is no number of JSON$/,
    "b'abc'": /^gives bytes/,
    "fromJson('{')": /^calls fromJson with a text that is no JSON/,
    ["1 + ".repeat(2000) + "1"]: /^holds 8001 characters; at most 4096 may be$/,
    ["[".repeat(100) + "]".repeat(100)]: /^cannot be read: .*maxDepth/,
    "params.text.map(x, x)": /^cannot be evaluated: Expression of type 'string' cannot be range/,
  };
  for (const [text, words] of Object.entries(refused)) {
    assert.throws(
      () => value(text),
      (error) => error instanceof ExpressionError && words.test(error.message),
      text,
    );
  }
});

test("an object cannot be reached through its nature", () => {
  for (const text of [
    "params.constructor",
    "params['constructor']",
    "params.__proto__",
    "'a'.constructor",
    "tasks.a.toString",
  ]) {
    assert.throws(() => value(text), ExpressionError, text);
  }
  const odd = JSON.parse('{"constructor": 1, "__proto__": {"x": 1}}') as Json;
  assert.throws(() => readExpression("params.x.y").evaluate({ params: { x: odd } }), ExpressionError);
});

test("what would never end ends at a bound, soon", () => {
  const endless = [
    "params.big.all(a, params.big.all(b, a + b >= 0))",
    "params.big.exists(a, params.big.exists(b, a + b < 0))",
    "params.big.exists(a, false || params.big.map(b, b * b).size() < 0)",
    "params.big.map(a, params.big.map(b, b))",
    "params.big.map(a, params.big + params.big)",
    "params.big.map(a, params.big == params.big)",
    "params.big.filter(a, a in params.big.map(b, -b))",
    "params.big.map(a, params.text + params.text)",
    "params.big.map(a, params.text.contains('b'))",
    "params.big.map(a, params.text.matches('^(a+)+$'))",
    "params.big.map(a, toJson(params.big))",
    "params.big.map(a, params.text.replace('a', 'bb'))",
    "params.big.exists(a, [params.big].exists(b, b == params.big && false))",
    "cel.bind(x, params.big, x.map(a, x.map(b, x.map(c, 1))))",
  ];
  for (const text of endless) {
    const start = processorMs();
    assert.throws(
      () => value(text),
      /^ExpressionError: (takes more than 100000 steps|looks at more than a million)|Error: gives more/,
      text,
    );
    const took = processorMs() - start;
    assert.ok(took < 1500, `${text} took ${took} ms`);
  }
});

test("a value that is too large is an error that says so", () => {
  assert.throws(
    () => readExpression("params.text").evaluate({ params: { text: "a".repeat(2_000_000) } }),
    /gives more than 1048576 characters/,
  );
  assert.equal(
    (readExpression("params.text").evaluate({ params: { text: "a".repeat(2_000_000) } }, 3_000_000) as string).length,
    2_000_000,
  );
});

test("references are what an expression names, without names of its own", () => {
  const named = (text: string): string[] =>
    readExpression(text).references.map(({ path, open }) => path.join(".") + (open ? "[]" : ""));
  assert.deepEqual(named("tasks.a.outputs.n > params.big.size()"), ["tasks.a.outputs.n", "params.big"]);
  assert.deepEqual(named('tasks["b-c"].state == "x"'), ["tasks.b-c.state"]);
  assert.deepEqual(named("params.big.map(item, item + index)"), ["params.big", "index"]);
  assert.deepEqual(named("cel.bind(x, tasks.a.outputs, x.n)"), ["tasks.a.outputs"]);
  assert.deepEqual(named("tasks[params.name].state"), ["params.name", "tasks[]"]);
  assert.deepEqual(named("has(tasks.a.outputs.n)"), ["tasks.a.outputs.n"]);
});

test("evaluating keeps nothing of what it saw", () => {
  const kept = new WeakRef({ text: "x".repeat(10) });
  const expression = readExpression("params.o.text.size() > 3");
  (() => expression.evaluate({ params: { o: kept.deref() } }))();
  assert.ok(expression.evaluate({ params: { o: { text: "abcd" } } }));
});
