/** What the doctor finds in a database: nothing in a sound one, and each thing that is amiss by its name. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { Octopus } from "../mod.ts";
import { checkDatabase } from "./check.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-check-"));
after(() => rmSync(dir, { recursive: true, force: true }));

test("a sound database has no problems, and what is missing is named", async () => {
  const data = join(dir, "sound");
  assert.equal(checkDatabase(data), undefined, "there is none");
  const octopus = await Octopus.open({
    dataDir: data,
    functions: { leave: (_: never, { artifact }) => artifact("a.txt", "content") },
  });
  await (await octopus.submit({ call: "leave", owner: "ada", cache: { key: "k" } })).wait();
  assert.deepEqual(checkDatabase(data), []);
  const [file] = octopus.task("t1")!.artifacts;
  await octopus.close();
  assert.deepEqual(checkDatabase(data), []);
  rmSync(join(data, "artifacts", file!.sha256.slice(0, 2)), { recursive: true });
  const db = new DatabaseSync(join(data, "octopus.db"));
  db.exec(
    "INSERT INTO due VALUES (1, 77, 'end', 4, 1); INSERT INTO tick (schedule, tick, action, at) VALUES ('no', 1, 'fired', 1)",
  );
  db.close();
  assert.deepEqual(checkDatabase(data), [
    "1 rows of due belong to nothing that is there",
    "1 rows of tick belong to nothing that is there",
    `the file ${file!.sha256} of t1 is not in artifacts/`,
  ]);
});

test("an older format is no problem, a newer one and a broken file are", () => {
  const path = join(dir, "octopus.db");
  const dump = readFileSync(new URL("../../test/conformance/format-1.sql", import.meta.url), "utf8");
  const db = new DatabaseSync(path);
  db.exec(dump);
  assert.deepEqual(checkDatabase(dir), []);
  db.exec("PRAGMA user_version = 999");
  db.close();
  assert.match(checkDatabase(dir)![0]!, /format 999 was made by a newer Octopus/);
  writeFileSync(path, "this is no database, and long enough to look like one ".repeat(100));
  assert.match(checkDatabase(dir)![0]!, /cannot be read/);
});
