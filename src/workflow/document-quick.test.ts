/** The quick way gives what the long way gives, or nothing: compared on drawn texts, on files of this repository, on odd ones. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { readQuick } from "./document-quick.ts";

function compare(text: string): boolean {
  const quick = readQuick(text);
  if (quick === undefined) return false;
  const slow = parse(text, { logLevel: "error", uniqueKeys: true }) as unknown;
  assert.deepEqual(quick, slow, text);
  return true;
}

/** Pieces of lines that people write, right and wrong; put together at random they make most of what can go wrong. */
const WORDS = [
  ...[
    "a",
    "b:",
    "c: x",
    "- y",
    "- a: b",
    "d: [a, b]",
    "e: {f: 1, g: 'h'}",
    "k: |",
    "k: |-",
    "m: >",
    "n: 'it''s'",
    'o: "x\\n"',
  ],
  ...[
    "# remark",
    "p: x # remark",
    "q: null",
    "r: 007",
    "s: 1.5",
    "t: -3",
    "u: 0x1f",
    "v: 2026-11-21",
    "w: 10:30",
    "x: a: b",
  ],
  ...[
    "y: yes",
    "z: &z 1",
    "aa: *z",
    "bb: !!str 1",
    "cc: 1e3",
    "dd: .5",
    "ee: ~",
    "ff: True",
    "- ",
    "-",
    "gg: - x",
    "true: 1",
  ],
  ...[
    "hh: [a, b,]",
    "ii: [a: b]",
    "jj: {a}",
    "kk: [1, 'x', \"y\", z w]",
    "ll: echo ${{ params.x }}",
    "mm: ${{ a }}",
    "",
    "  ",
  ],
  ...[
    "nn: {a: [b, {c: d}]}",
    "oo: 'x",
    "pp: @x",
    "qq: a #b",
    "rr: a#b",
    "ss: x:",
    "tt: =",
    "uu: 12abc",
    "vv: +1",
    "ww: 1_000",
    "x y: 1",
  ],
  ...[
    "xx: [ a , b ]",
    "yy: []",
    "zz: {}",
    "ab: |2",
    "ac: ? x",
    "ad: %x",
    "ae: -x",
    "af: --flag",
    "ag: ./run.sh --all",
    "ah: 9007199254740993",
  ],
];

test("drawn texts", () => {
  const line = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(...WORDS));
  let quick = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
      const text = lines.map(([indent, words]) => "  ".repeat(indent) + words).join("\n");
      let fits = false;
      try {
        fits = compare(text);
      } catch (error) {
        if ((error as { name?: string }).name === "YAMLParseError")
          assert.fail(`read although it is not YAML:\n${text}`);
        throw error;
      }
      if (fits) quick++;
    }),
    { numRuns: 20_000, seed: 7 },
  );
  assert.ok(quick > 200, `only ${quick} texts went the quick way`);
});

test("each word of them alone, as a value and below a key", () => {
  let quick = 0;
  for (const words of WORDS) {
    for (const text of [
      words,
      `${words}\n`,
      `top:\n  ${words}\n  end: 1`,
      `top: ${words.replace(/^[^ ]*: /, "")}\nnext: 1`,
      `k: |\n  ${words}\n\n  two\nz: 1`,
    ]) {
      try {
        if (compare(text)) quick++;
      } catch (error) {
        assert.notEqual((error as { name?: string }).name, "YAMLParseError", `read although it is not YAML:\n${text}`);
        throw error;
      }
    }
  }
  assert.ok(quick > 60, `only ${quick} of them went the quick way`);
});

test("the workflow files of the examples", () => {
  const root = join(import.meta.dirname, "..", "..");
  for (const path of globSync("examples/*/*.yaml", { cwd: root })) compare(readFileSync(join(root, path), "utf8"));
});

test("a large graph goes the quick way", () => {
  const tasks = Array.from(
    { length: 1000 },
    (_, i) => `  task_${i}:\n    shell: echo ${i} && ./run.sh --n ${i}\n    needs: [task_a, "b"]\n`,
  );
  assert.ok(compare(`name: big\n# all of them\ntasks:\n${tasks.join("")}`));
});
