/** Params: what the command line gives, and how it fits what the file declares. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { compileWorkflow } from "./compile.ts";
import { parseParams } from "./params.ts";

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
