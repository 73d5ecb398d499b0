/** What a store leaves: closed in order, or as the end of the process would; and a backup of it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { checkDatabase } from "./check.ts";
import { openStore } from "./store.ts";

test("a backup is for nobody but whoever runs the server", { skip: process.platform === "win32" }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-close-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const place of [join(dir, "data"), ":memory:"]) {
    const store = openStore(place);
    const { path } = await store.backup(join(dir, `${place.length}.db`));
    store.close();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }
});

test("one of many stores does not write its log back when it closes, and has all of it when it is opened again", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-close-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const logBytes = (file: string): number => statSync(join(dir, `${file}-wal`), { throwIfNoEntry: false })?.size ?? 0;
  const chunk = { task: 1, attempt: 1, stream: "stdout", at: 1, data: "kept\n" } as const;
  const sparing = openStore(dir, { isSparing: true });
  sparing.logs.append([chunk]);
  const other = new DatabaseSync(join(dir, "octopus.db"));
  other.exec("CREATE TABLE written (n)");
  other.close();
  sparing.close();
  assert.ok(logBytes("octopus.db") > 0);
  assert.ok(logBytes("logs.db") > 0);
  assert.deepEqual(checkDatabase(dir), []);

  const again = openStore(dir);
  assert.equal(again.fresh, false);
  assert.equal(again.logs.read(1, 1, { limit: 10 }).length, 1);
  again.close();
  assert.equal(logBytes("octopus.db") + logBytes("logs.db"), 0, "that of `default` is written back");
});
