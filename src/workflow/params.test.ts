/** Params: what the command line gives, and how it fits what the file declares. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { compileWorkflow } from "./compile.ts";
import { parseParams } from "./params.ts";
import { processorMs } from "../../test/machine.ts";

test("-p name=value is JSON where that keeps what was written, else text", () => {
  const pairs = [
    "a=1",
    "b=true",
    "c=[1,2]",
    'd={"x":null}',
    "e=hello world",
    "f=1.0",
    "g=007",
    "h=",
    'i="7"',
    "j=a=b",
    "a=2",
  ];
  assert.deepEqual(parseParams(pairs), {
    a: 2,
    b: true,
    c: [1, 2],
    d: { x: null },
    e: "hello world",
    f: "1.0",
    g: "007",
    h: "",
    i: "7",
    j: "a=b",
  });
});

test("-p without a name or a value is refused", () => {
  for (const pair of ["city", "=x", "a-b=1", "1a=1"]) {
    assert.throws(
      () => parseParams([pair]),
      (error: OctopusError) => {
        assert.equal(error.code, "invalid");
        assert.match(error.message, /^-p must read name=value, .*, not "/);
        return true;
      },
    );
  }
});

/** The params of a run, from one declaration and one given value. */
const value = (declaration: string, given?: Json): Json =>
  compileWorkflow(`params: {x: ${declaration}}\ntasks: {a: b}`, { params: given === undefined ? {} : { x: given } })
    .params!["x"]!;

test("a default gives the type; a declaration may say it", () => {
  assert.equal(value("7"), 7);
  assert.equal(value("7", 8.5), 8.5);
  assert.equal(value("{type: integer}", "12"), 12, "text that is a number, for a number");
  assert.equal(value("{type: string}", 12), "12", "a number, for text");
  assert.equal(value("text", true), "true");
  assert.deepEqual(value("{type: object, default: {a: 1}}"), { a: 1 });
  assert.deepEqual(value("[1]", [2, 3]), [2, 3]);
  assert.equal(value("{type: string, required: false}"), null);
  assert.equal(value("{enum: [1, 2], default: 2}", 1), 1);
});

test("a value of another type is refused with what it must be", () => {
  for (const [declaration, given, message] of [
    ["7", "seven", /params\.x must be a number, not "seven"/],
    ["true", "yes", /params\.x must be true or false, not "yes"/],
    ["text", [1], /params\.x must be text, not \[1\]/],
    ["[1]", "1", /params\.x must be a list, not "1"/],
    ["text", "a\0b", /params\.x must not hold a zero byte/],
    ["text", "x".repeat(100_001), /params\.x is 100001 characters long; at most 100000 may be/],
  ] as const) {
    assert.throws(() => value(declaration, given as Json), message);
  }
});

test("words of JSON Schema bound what a param may be", () => {
  assert.equal(value("{type: integer, minimum: 1, maximum: 9}", 9), 9);
  assert.equal(value('{type: string, pattern: "^v[0-9]+$", examples: [v1]}', "v12"), "v12");
  assert.deepEqual(value("{type: array, items: {type: string, enum: [a, b]}, maxItems: 2}", ["a", "b"]), ["a", "b"]);
  for (const [declaration, given, message] of [
    ["{type: integer, minimum: 1}", 0, /params\.x must be at least 1, not 0/],
    ["{type: number, maximum: 1}", 1.5, /params\.x must be at most 1, not 1\.5/],
    ["{type: string, minLength: 2}", "a", /params\.x must hold at least 2 characters, not "a"/],
    ["{type: string, maxLength: 2}", "abc", /params\.x must hold at most 2 characters, not 3/],
    ['{type: string, pattern: "^v"}', "w", /params\.x must fit the pattern \^v, not "w"/],
    [
      "{type: array, items: {type: integer, minimum: 3}}",
      [3, 2],
      /params\.x has an item 1 that must be at least 3, not 2/,
    ],
    ["{type: array, items: {type: integer}}", ["a"], /params\.x has an item 0 that must be a whole number, not "a"/],
    ["{type: string, minimum: 1}", "a", /params\.x\.minimum belongs to a param of type number or integer/],
    ['{type: string, pattern: "("}', "a", /params\.x\.pattern is no pattern: it has a \( without its \)/],
    ["{type: string, minLength: -1}", "a", /params\.x\.minLength must be a whole number from 0, not -1/],
    ["{type: array, items: {typ: string}}", [], /params\.x\.items\.typ is not a key of items/],
  ] as const) {
    assert.throws(() => value(declaration, given as Json), message, declaration);
  }
});

test("a pattern that would keep a backtracking engine busy for years is compared in milliseconds", () => {
  const start = processorMs();
  assert.throws(() => value('{type: string, pattern: "^(a+)+$"}', `${"a".repeat(5000)}!`), /must fit the pattern/);
  assert.ok(processorMs() - start < 2000);
});

test("a param whose default is the name of a type is warned of", () => {
  const { warnings, params } = compileWorkflow("params: {n: integer}\ntasks: {a: x}", { source: "f.yaml" });
  assert.deepEqual(params, { n: "integer" });
  assert.deepEqual(warnings, [
    {
      path: "f.yaml:1:13",
      message: 'params.n is a text with the default "integer": for a param of that type write {type: "integer"}',
    },
  ]);
});
