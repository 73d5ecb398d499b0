import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsInOrder } from "./rows-in-order.ts";

test("rows stand in the order of the newest run, others where they stood beside their neighbours", () => {
  const cases: [lists: string[][], rows: string[]][] = [
    [[], []],
    [[[]], []],
    [
      [
        ["a", "b"],
        ["a", "b"],
      ],
      ["a", "b"],
    ],
    [
      [
        ["a", "c"],
        ["a", "b", "c"],
      ],
      ["a", "b", "c"],
    ],
    [
      [["b"], ["a", "b"]],
      ["b", "a"],
    ],
    [
      [["a"], ["b"], ["c", "b"]],
      ["a", "b", "c"],
    ],
    [
      [
        ["a", "d"],
        ["a", "b", "d"],
        ["a", "b", "c", "d", "e"],
      ],
      ["a", "b", "c", "d", "e"],
    ],
    [
      [[], ["a", "b"]],
      ["a", "b"],
    ],
  ];
  for (const [lists, rows] of cases) assert.deepEqual(rowsInOrder(lists), rows, JSON.stringify(lists));
});

test("ten thousand rows of one run under each other take no stack", () => {
  const long = Array.from({ length: 10_000 }, (_, i) => `t${i}`);
  assert.deepEqual(rowsInOrder([["a"], ["a", ...long]]), ["a", ...long]);
});
