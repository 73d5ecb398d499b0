import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunMark, WorkflowGrid } from "../protocol/workflow-views.ts";
import { problemPlace } from "./problem-place.ts";
import { gridOf, moved, rateOf, rowsWith } from "./workflow-grid.ts";

const run = (id: string, more: Partial<RunMark> = {}): RunMark => ({
  ...{ id, state: "succeeded", createdAt: "2026-11-21T00:00:00.000Z" },
  ...more,
});
const cell = (id: string) => ({ id, state: "succeeded" as const });

test("pages become one grid; a run that is on two of them counts once", () => {
  const pages: WorkflowGrid[] = [
    {
      runs: [run("r3"), run("r2", { durationMs: 9 })],
      rows: ["a", "c"],
      cells: [
        [cell("t5"), cell("t3")],
        [cell("t6"), null],
      ],
    },
    {
      runs: [run("r2"), run("r1")],
      rows: ["a", "b"],
      cells: [
        [cell("t3"), cell("t1")],
        [null, cell("t2")],
      ],
      cut: true,
    },
  ];
  const grid = gridOf(pages);
  assert.deepEqual(
    grid.runs.map(({ id }) => id),
    ["r3", "r2", "r1"],
  );
  const seen = grid.rows.map(({ name, cells }) => [name, ...cells.map((one) => one?.id)]);
  assert.deepEqual(seen, [
    ["a", "t5", "t3", "t1"],
    ["b", undefined, undefined, "t2"],
    ["c", "t6", undefined, undefined],
  ]);
  assert.deepEqual([grid.longestMs, grid.isCut], [9, true]);
  assert.deepEqual(
    rowsWith(grid.rows, " B").map(({ name }) => name),
    ["b"],
  );
  assert.deepEqual(gridOf([]), { runs: [], rows: [], longestMs: 0, isCut: false });
});

test("arrows move within the grid, and up to the run itself", () => {
  const size = { rows: 3, columns: 2, page: 10 };
  const cases: [from: [number, number], key: string, to: [number, number] | undefined][] = [
    [[0, 0], "ArrowUp", [-1, 0]],
    [[-1, 0], "ArrowUp", [-1, 0]],
    [[2, 0], "ArrowDown", [2, 0]],
    [[1, 0], "ArrowRight", [1, 1]],
    [[1, 1], "ArrowRight", [1, 1]],
    [[1, 1], "h", [1, 0]],
    [[0, 0], "PageDown", [2, 0]],
    [[2, 0], "End", [2, 1]],
    [[2, 1], "Home", [2, 0]],
    [[2, 1], "x", undefined],
    [[2, 1], "constructor", undefined],
  ];
  for (const [[row, column], key, to] of cases)
    assert.deepEqual(moved({ row, column }, key, size), to && { row: to[0], column: to[1] }, key);
  assert.equal(moved({ row: -1, column: 0 }, "j", { rows: 0, columns: 0, page: 1 }), undefined);
});

test("the rate counts what has ended and was not called off", () => {
  const runs = [
    run("r5", { state: "running" }),
    run("r4", { durationMs: 1 }),
    run("r3", { state: "failed", durationMs: 5 }),
  ];
  runs.push(run("r2", { state: "cancelled", durationMs: 99 }), run("r1", { state: "partial", durationMs: 7 }));
  assert.deepEqual(rateOf(runs), { ended: 3, good: 2, medianMs: 5 });
  assert.deepEqual(rateOf([]), { ended: 0, good: 0, medianMs: undefined });
});

test("the place of a problem is read off its path", () => {
  assert.deepEqual(problemPlace("etl.yaml:3:12"), { file: "etl.yaml", line: 3, column: 12 });
  assert.deepEqual(problemPlace("sub/a:b.yaml:3:1"), { file: "sub/a:b.yaml", line: 3, column: 1 });
  assert.equal(problemPlace("params.city"), undefined);
  assert.equal(problemPlace(""), undefined);
});
