import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readTestOptions } from "./test-options.ts";
import { countsIn } from "./test-report.ts";

describe("npm test", () => {
  it("runs every stage when nothing is said", () => {
    assert.deepEqual(readTestOptions([]), { stages: ["check", "unit", "sim", "e2e", "pack"], patterns: [] });
  });

  it("runs the test files of a pattern alone", () => {
    assert.deepEqual(readTestOptions(["duration"]), { stages: ["unit"], patterns: ["duration"] });
  });

  it("runs the stages that --only names, and knows no others", () => {
    assert.deepEqual(readTestOptions(["--only", "sim,pack"]).stages, ["sim", "pack"]);
    assert.throws(
      () => readTestOptions(["--only", "units"]),
      /there is no such stage. Known: check, unit, sim, e2e, pack/,
    );
  });

  it("reads the last count in what a program printed", () => {
    assert.deepEqual(countsIn("1 passed, 0 failed\nmore\n999 passed, 1 failed\n"), { passed: 999, failed: 1 });
    assert.equal(countsIn("nothing of the kind"), undefined);
  });
});
