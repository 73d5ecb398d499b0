/** docs/reference/database.md names every column of the views, in their order; its commands run in `docs/operating.test.ts`. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { openStore } from "../src/store/store.ts";
import { root } from "./source-files.ts";

const page = readFileSync(join(root, "docs", "reference", "database.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "octopus-database-"));
openStore(folder).close();
after(() => rmSync(folder, { recursive: true, force: true }));

function columnsOf(file: string, table: string): string[] {
  const db = new DatabaseSync(join(folder, file), { readOnly: true });
  const rows = db.prepare("SELECT name FROM pragma_table_info(?)").all(table) as { name: string }[];
  db.close();
  return rows.map(({ name }) => name);
}

function rowsUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  return [...(section ?? "").matchAll(/^\| `([a-z_0-9]+)` \|/gm)].map(([, name]) => name!);
}

for (const [file, view] of [
  ["octopus.db", "tasks"],
  ["octopus.db", "attempts"],
  ["octopus.db", "dead_letters"],
  ["octopus.db", "approvals"],
  ["octopus.db", "runs"],
  ["octopus.db", "workflows"],
  ["octopus.db", "arms"],
  ["octopus.db", "schedules"],
  ["octopus.db", "ticks"],
  ["octopus.db", "tokens"],
  ["octopus.db", "plugins"],
  ["octopus.db", "artifacts"],
  ["logs.db", "logs"],
] as const) {
  test(`the columns of ${view} are those that stand there`, () =>
    assert.deepEqual(rowsUnder(view), columnsOf(file, view)));
}

test("executions is another name for attempts", () => {
  assert.deepEqual(columnsOf("octopus.db", "executions"), columnsOf("octopus.db", "attempts"));
});

test("every table is named, and the columns of those that are described", () => {
  const db = new DatabaseSync(join(folder, "octopus.db"), { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  db.close();
  for (const { name } of tables) assert.ok(page.includes(`\`${name}\``), `the table ${name} is not named`);
  for (const table of [
    "audit",
    "worker",
    "drained",
    "worker_key",
    "quota",
    "calendar",
    "bulk",
    "plugin_version",
    "plugin_file",
    "replica",
  ]) {
    const row =
      page
        .slice(page.indexOf("## Tables"))
        .split("\n")
        .find((line) => line.startsWith(`| \`${table}\` |`)) ?? "";
    const named = [...row.matchAll(/`([a-z_0-9]+)`/g)].map(([, name]) => name!).slice(1);
    assert.deepEqual(named, columnsOf("octopus.db", table));
  }
});
