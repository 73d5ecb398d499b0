import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenPlugin } from "./upload.ts";

const files = (...paths: string[]) => paths.map((path) => ({ path, bytes: 10 }));
const said = (...paths: string[]) => {
  const { name, files: chosen, left, problem } = chosenPlugin(files(...paths));
  return { name, paths: chosen.map(({ path }) => path), left, problem };
};

test("one file is a plugin of its name, a folder one of its files", () => {
  assert.deepEqual(said("report.py"), { name: "report", paths: ["report.py"], left: [], problem: undefined });
  assert.deepEqual(said("report/main.py", "report/lib/a.py", "report/.git/config", "report/lib/__pycache__/a.pyc"), {
    ...{ name: "report", paths: ["lib/a.py", "main.py"], left: [".git/config", "lib/__pycache__/a.pyc"] },
    problem: undefined,
  });
  // Several files that were picked side by side have no folder to be named after.
  assert.deepEqual(said("main.py", "words.json").name, "");
});

test("a name is made of what may stand in one", () => {
  assert.equal(said("2nd report (new).py").name, "nd_report_new_");
  assert.equal(said("Bericht-7.ts").name, "Bericht-7");
});

test("what cannot be a plugin says so", () => {
  assert.match(said().problem!, /no file/);
  assert.match(said("notes.txt").problem!, /notes.txt is no code/);
  assert.match(said("x/a.py", "x/b.py").problem!, /None of its files is an entry/);
  assert.match(said("x/.hidden").problem!, /no file/);
  assert.match(chosenPlugin([{ path: "a.py", bytes: 1e9 }]).problem!, /953.7 MiB/);
  assert.match(
    chosenPlugin(Array.from({ length: 1001 }, (_, i) => ({ path: `x/${i}.py`, bytes: 1 }))).problem!,
    /1001/,
  );
});
