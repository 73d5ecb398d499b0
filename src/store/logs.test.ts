import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import type { LogChunk } from "../protocol/link.ts";
import { openLogs } from "./logs.ts";

function place(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "octopus-logs-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "logs.db");
}

function chunk(seq: number, text: string, more: Partial<LogChunk> = {}): LogChunk {
  return { task: 1, attempt: 1, stream: "stdout", at: 1000 + seq, seq, text, ...more };
}

test("any line of a long log is found, whatever was printed between", (t) => {
  const logs = openLogs(place(t));
  t.after(() => logs.close());
  for (let i = 1; i <= 300; i++) {
    // Other tasks print, too: positions of one task have gaps.
    logs.append([
      chunk(i, `${3 * i - 2}\n${3 * i - 1}\n${3 * i}\n`),
      chunk(i, "noise", { task: 2 }),
      chunk(i, "x\n", { task: 3 }),
    ]);
  }
  assert.deepEqual(logs.extent(1, 1), { firstLine: 1, lastLine: 900 });
  assert.deepEqual(logs.extent(2, 1), { firstLine: 1, lastLine: 1 });
  assert.equal(logs.extent(1, 2), undefined);
  for (const line of [1, 2, 3, 4, 299, 300, 301, 899, 900, 5000]) {
    const [piece] = logs.read(1, 1, { after: logs.locate(1, 1, line), limit: 1 });
    const wanted = Math.min(line, 900);
    assert.ok(piece!.line! <= wanted && wanted < piece!.line! + 3, `line ${line} begins at ${piece!.line}`);
  }
  // A line of many pieces is found at its first.
  const [long] = logs.read(2, 1, { after: logs.locate(2, 1, 1), limit: 1 });
  assert.equal(long!.n, 2);
});

test("the newest lines, what stands before, and a bound on both", (t) => {
  const logs = openLogs(place(t));
  t.after(() => logs.close());
  logs.append(Array.from({ length: 50 }, (_, i) => chunk(i + 1, i % 2 === 0 ? `line ${i / 2 + 1}` : ", whole\n")));
  const lines = (range: Parameters<typeof logs.read>[2]) => logs.read(1, 1, range).map(({ n }) => n);
  assert.deepEqual(lines({ fromLine: 24, limit: 100 }), [47, 48, 49, 50]);
  assert.deepEqual(lines({ before: 5, limit: 3 }), [2, 3, 4]);
  assert.deepEqual(lines({ after: 0, limit: 100, bytes: 14 }), [1, 2]);
  assert.deepEqual(lines({ after: 0, limit: 100, bytes: 1 }), [1]);
});

test("counting goes on where it stood after a restart, and begins anew with an attempt", (t) => {
  const path = place(t);
  let logs = openLogs(path);
  logs.append([chunk(1, "a\nb"), chunk(2, "\nc")]);
  logs.close();
  logs = openLogs(path);
  t.after(() => logs.close());
  logs.append([chunk(3, "c\n"), chunk(4, "d\n"), chunk(1, "one\n", { attempt: 2 })]);
  assert.deepEqual(
    logs.read(1, 1, { limit: 9 }).map(({ line, joins }) => [line, joins]),
    [
      [1, undefined],
      [2, true],
      [3, true],
      [4, undefined],
    ],
  );
  assert.equal(logs.extent(1, 1)!.lastLine, 4);
  assert.equal(logs.extent(1, 2)!.lastLine, 1);
});

test("a database from before lines were counted is counted when it is read", (t) => {
  const path = place(t);
  const old = new DatabaseSync(path);
  old.exec(`CREATE TABLE chunk (n INTEGER PRIMARY KEY, task INTEGER NOT NULL, attempt INTEGER NOT NULL, stream INTEGER NOT NULL,
    at INTEGER NOT NULL, data);
    INSERT INTO chunk VALUES (1, 1, 1, 0, 5, 'a' || char(10) || 'b'), (2, 1, 1, 0, 5, 'c' || char(10)), (3, 1, 1, 1, 5, x'ff0a')`);
  old.close();
  const logs = openLogs(path);
  t.after(() => logs.close());
  assert.deepEqual(logs.extent(1, 1), { firstLine: 1, lastLine: 3 });
  assert.deepEqual(
    logs.read(1, 1, { limit: 9 }).map(({ line, joins, text, base64 }) => [line, joins, text ?? base64]),
    [
      [1, undefined, "a\nb"],
      [2, true, "c\n"],
      [3, undefined, "/wo="],
    ],
  );
  logs.append([chunk(4, "d\n")]);
  assert.equal(logs.read(1, 1, { after: 3, limit: 1 })[0]!.line, 4);
});
