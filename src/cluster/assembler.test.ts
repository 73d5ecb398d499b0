/** What a log says, record by record: whole turns, parts, and what counts for nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Assembler } from "./assembler.ts";
import { chainOf, decode, encode, partsOf, type RecordSummary, type TurnRecord } from "./record.ts";

const START = { seq: 0, term: 0, epoch: 0, chain: "" };
const SUMMARY = {
  lastTask: 0,
  lastRun: 0,
  counts: {},
  runCounts: {},
  arms: {},
  meters: [],
} as unknown as RecordSummary;

/** A log that is written record by record. */
class Written {
  readonly records: Uint8Array[] = [];

  get chain(): string {
    const last = this.records.at(-1);
    return last === undefined ? "" : chainOf(last);
  }

  turn(term: number, nonce: string, reason = ""): TurnRecord {
    const events: TurnRecord["events"] = [{ type: "CancelRequested", task: 1, reason }];
    return { kind: "turn", term, nonce, chain: this.chain, version: 1, at: 5, events, summary: SUMMARY };
  }

  add(...records: Uint8Array[]): this {
    this.records.push(...records);
    return this;
  }

  /** As a reader does whose log still holds what was read, whatever it is asked. */
  read(from = START): string[] {
    const assembler = new Assembler(from);
    const steps: string[] = [];
    for (const [index, bytes] of this.records.entries()) {
      if (index < from.seq) continue;
      const step = assembler.read({ seq: index + 1, bytes });
      if (step !== undefined) steps.push(step.type === "odd" ? `odd: ${step.why}` : step.type);
      if (step?.type !== "diverged") continue;
      if (!step.mayBeStray) break;
      assembler.passOver({ seq: index + 1, bytes });
    }
    return steps;
  }
}

function began(log: Written, term: number): Uint8Array {
  return encode({ kind: "began", term, nonce: `b${term}`, chain: log.chain, at: 1, server: "a" });
}

test("turns and terms in their order, small and packed", () => {
  const log = new Written();
  log.add(began(log, 1));
  log.add(encode(log.turn(1, "n1")));
  log.add(encode(log.turn(1, "n2", "x".repeat(50_000))));
  assert.ok(log.records[2]!.length < 5000);
  const read = decode(log.records[2]!);
  assert.equal(read.kind === "turn" && read.nonce, "n2");
  assert.deepEqual(log.read(), ["began", "turn", "turn"]);
});

test("a turn in parts counts when its last part is there", () => {
  const log = new Written();
  log.add(began(log, 1));
  const turn = log.turn(1, "n1", Array.from({ length: 3000 }, () => Math.random().toString(36)).join());
  const parts = partsOf(encode(turn), turn, 8000);
  assert.ok(parts.length > 2 && parts.every(({ length }) => length <= 8000));
  log.add(...parts.slice(0, -1));
  assert.deepEqual(log.read(), ["began"]);
  log.add(parts.at(-1)!);
  assert.deepEqual(log.read(), ["began", "turn"]);
});

test("a beginning that another record follows is void, and so is the rest of it", () => {
  const log = new Written();
  log.add(began(log, 1));
  const turn = log.turn(1, "n1", Array.from({ length: 3000 }, () => Math.random().toString(36)).join());
  const parts = partsOf(encode(turn), turn, 8000);
  log.add(parts[0]!);
  log.add(began(log, 2));
  log.add(encode(log.turn(2, "n2")));
  assert.deepEqual(log.read(), ["began", "began", "turn"]);
});

test("a record of an older term, and one that nobody of the cluster wrote, count for nothing", () => {
  const log = new Written();
  log.add(began(log, 2));
  log.add(encode(log.turn(1, "late")));
  log.add(Buffer.from("hello"));
  log.add(Buffer.from("null"));
  log.add(encode(log.turn(2, "n")));
  // Of what names no record before it the reader is asked.
  assert.deepEqual(log.read(), ["began", "odd: its term 1 is over", "diverged", "diverged", "turn"]);
});

test("what uses up a number counts for nothing, and does not lead from one history into another", () => {
  const log = new Written();
  log.add(began(log, 1));
  for (const nonce of ["n1", "n2"]) log.add(encode({ kind: "filler", term: 1, nonce, chain: log.chain }));
  log.add(encode(log.turn(1, "n3")));
  assert.deepEqual(log.read(), ["began", "turn"]);
  // Somebody who has applied as many records of another history.
  const elsewhere = { seq: 2, term: 1, epoch: 0, chain: "AAAAAAAAAAAAAAAAAAAAAA" };
  assert.deepEqual(log.read(elsewhere), ["diverged"]);
});

test("a record that does not follow on what was applied is seen", () => {
  const log = new Written();
  log.add(began(log, 1));
  const other = { ...log.turn(1, "n1"), chain: "AAAAAAAAAAAAAAAAAAAAAA" };
  log.add(encode(other));
  assert.deepEqual(log.read(), ["began", "diverged"]);
});

test("a record of a newer version stops the replica with words", () => {
  const log = new Written();
  log.add(Buffer.from(JSON.stringify({ v: 99, kind: "turn", chain: "" })));
  assert.throws(() => log.read(), { code: "storage_newer" });
});
