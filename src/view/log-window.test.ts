import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { heightOf, scrollTo, shownIn } from "./log-window.ts";

const ROW = 20;
const VIEW = 400;

/** Where the top of a line is drawn when all are of one height. */
function topOf(line: number, at: Parameters<typeof shownIn>[0]): number {
  const { anchor, part, y } = shownIn(at, ROW);
  return y + (line - anchor - part) * ROW;
}

describe("the window onto a log", () => {
  it("scrolls line by line where everything fits a browser's element", () => {
    const at = { lines: 1000, view: VIEW, row: ROW };
    for (const scrollTop of [0, 1, 19.5, 5000, heightOf(at) - VIEW])
      for (const line of [0, 10, 999])
        assert.ok(Math.abs(topOf(line, { ...at, scrollTop }) - (line * ROW - scrollTop)) < 1e-6);
  });

  it("shows the first line at the top and the last at the bottom, however many there are", () => {
    for (const lines of [1, 5, 20, 21, 1e6, 1e9]) {
      const at = { lines, view: VIEW, row: ROW };
      const end = Math.max(0, heightOf(at) - VIEW);
      assert.equal(topOf(0, { ...at, scrollTop: 0 }), 0);
      if (lines * ROW > VIEW)
        assert.ok(Math.abs(topOf(lines, { ...at, scrollTop: end }) - VIEW) < 1e-3, `${lines} lines`);
    }
  });

  it("draws what is seen and little more", () => {
    for (const share of [0, 0.3, 1]) {
      const at = { lines: 1e7, view: VIEW, row: ROW };
      const { from, to } = shownIn({ ...at, scrollTop: share * (heightOf(at) - VIEW) }, ROW);
      assert.ok(from >= 0 && to <= 1e7 && to - from <= VIEW / ROW + 4, `${from} to ${to}`);
    }
    assert.deepEqual([shownIn({ lines: 0, view: VIEW, row: ROW, scrollTop: 0 }, ROW).to], [0]);
  });

  it("goes to a line, and shows it in the upper part", () => {
    for (const lines of [30, 1e4, 1e7]) {
      const at = { lines, view: VIEW, row: ROW };
      for (const line of [0, 3, Math.floor(lines / 2), lines - 1]) {
        const top = topOf(line, { ...at, scrollTop: scrollTo(line, at) });
        assert.ok(top > -1 && top <= VIEW - ROW + 1, `line ${line} of ${lines} is at ${top}`);
      }
    }
  });
});
