/** The audit log as rows: what was appended is read back, by pages, and pruned by age and number. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEntry } from "../engine/ports.ts";
import { openAudit } from "./audit.ts";

function entry(change: Partial<AuditEntry> = {}): AuditEntry {
  return { at: 1000, who: "local", action: "arm.pause", outcome: "done", times: 1, ...change };
}

test("rows come back newest first, by pages, and as the filter says", () => {
  const audit = openAudit(":memory:");
  audit.append([
    entry({ at: 1000, subject: "builds", address: "10.0.0.7", detail: "why" }),
    entry({ at: 2000, action: "token.create", who: "ab12cd34" }),
    entry({ at: 3000, action: "refused.token", who: "anonymous", outcome: "refused", times: 40 }),
  ]);
  const all = audit.read({}).items;
  assert.deepEqual(
    all.map(({ id, times }) => [id, times]),
    [
      [3, 40],
      [2, 1],
      [1, 1],
    ],
  );
  assert.deepEqual(all[2], {
    id: 1,
    at: "1970-01-01T00:00:01.000Z",
    who: "local",
    address: "10.0.0.7",
    action: "arm.pause",
    subject: "builds",
    outcome: "done",
    detail: "why",
    times: 1,
  });
  const first = audit.read({ limit: 2 });
  assert.equal(first.items.length, 2);
  const second = audit.read({ limit: 2, cursor: first.next! });
  assert.deepEqual([second.items.map(({ id }) => id), second.next], [[1], undefined]);
  const ids = (filter: Parameters<typeof audit.read>[0]): number[] => audit.read(filter).items.map(({ id }) => id);
  assert.deepEqual(ids({ who: "ab12cd34" }), [2]);
  assert.deepEqual(ids({ action: "token" }), [2]);
  assert.deepEqual(ids({ action: "tok" }), []);
  assert.deepEqual(ids({ outcome: "refused" }), [3]);
  assert.deepEqual(ids({ from: 2000, to: 3000 }), [2]);
  assert.throws(() => audit.read({ cursor: "1; drop table entry" }), { code: "invalid" });
  audit.close();
});

test("rows go by age and beyond a number; numbers are not given again", () => {
  const audit = openAudit(":memory:");
  audit.append(Array.from({ length: 50 }, (_, at) => entry({ at })));
  audit.prune(10, 1_000_000);
  assert.equal(audit.read({ limit: 1000 }).items.length, 40);
  audit.prune(0, 5);
  assert.deepEqual(
    audit.read({ limit: 1000 }).items.map(({ id }) => id),
    [50, 49, 48, 47, 46],
  );
  audit.prune(1000, 5);
  audit.append([entry()]);
  assert.equal(audit.read({}).items[0]!.id, 51);
  audit.close();
});
