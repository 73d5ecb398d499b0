/** The journal on SQLite, in a file and in memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../src/store/store.ts";
import { type JournalUnderTest, testJournal } from "./journal.ts";

function open(dir: string): JournalUnderTest {
  const store = openStore(dir);
  const { journal, library } = store;
  const isFile = dir !== ":memory:";
  return {
    journal,
    library,
    ...(isFile && {
      reopen() {
        store.close();
        return open(dir);
      },
    }),
    dispose() {
      store.close();
      if (isFile) rmSync(dir, { recursive: true, force: true });
    },
  };
}

testJournal("SQLite in a file", () => open(mkdtempSync(join(tmpdir(), "octopus-journal-"))));
testJournal("SQLite in memory", () => open(":memory:"));
