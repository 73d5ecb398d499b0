/**
 * docs/coming-from.md keeps its word: every line of its tables names what shows it, every proof that it names is run here, and
 * every test that it names exists (`npm test` runs those).
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../source-files.ts";
import { PROOFS } from "./proofs.ts";

/** Five systems whose place Octopus takes, and one table for the engines whose workflows it can have. */
const SYSTEMS = 6;

interface Line {
  system: string;
  theirs: string;
  shownBy: string;
}

const text = readFileSync(join(root, "docs/coming-from.md"), "utf8");
const sections = text.split(/^## /m).slice(1);
const lines = sections.flatMap((section): Line[] => {
  const system = section.split("\n", 1)[0]!;
  const rows = [...section.matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)].map(([, theirs, , shownBy]) => ({
    system,
    theirs: theirs!,
    shownBy: shownBy!,
  }));
  return rows.filter(({ theirs }) => theirs !== "theirs" && theirs !== "---");
});

test("D2 there is a table for each of the five systems, and one for workflow engines", () => {
  assert.equal(sections.length, SYSTEMS);
  for (const section of sections) assert.match(section, /^\| theirs \| ours \| shown by \|$/m);
  assert.ok(lines.length > 100, `${lines.length} lines`);
});

test("D2 every test that a line names exists", () => {
  const wrong = lines.flatMap(({ theirs, shownBy }) => {
    if (!shownBy.includes("/")) return [];
    const [file, name] = shownBy.split(" › ") as [string, string | undefined];
    if (!existsSync(join(root, file))) return [`${theirs}: there is no ${file}`];
    const text = readFileSync(join(root, file), "utf8");
    const begins = name === undefined || ["test", "it"].some((word) => text.includes(`${word}("${name}`));
    return begins ? [] : [`${theirs}: ${file} has no test that begins with ${name}`];
  });
  assert.deepEqual(wrong, []);
});

const named = new Set(lines.map(({ shownBy }) => shownBy).filter((shownBy) => !shownBy.includes("/")));

test("D2 every proof is named by a line, and every line by a proof", () => {
  assert.deepEqual([...named].toSorted(), Object.keys(PROOFS).toSorted());
});

for (const [name, prove] of Object.entries(PROOFS)) {
  const [first] = lines.filter(({ shownBy }) => shownBy === name);
  test(`D2 ${name}: ${first?.system} has ${first?.theirs}`, prove);
}
