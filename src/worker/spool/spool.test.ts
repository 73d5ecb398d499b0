/** The spool against real files: what was written is there after whatever ended its process, and no more than is wanted. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { LogChunk } from "../../protocol/link.ts";
import { Spool } from "./spool.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-spool-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const MiB = 1024 ** 2;

let last = 0;
function place(): string {
  return join(folder, String(++last));
}
function open(dir: string, bytesMax = 64 * MiB): Spool {
  return new Spool({ dir, bytesMax });
}
function piece(seq: number, text = `line ${seq}\n`, task = 1): LogChunk {
  return { task, attempt: 1, stream: "stdout", at: seq, text, seq };
}
function takeAll(spool: Spool): LogChunk[] {
  const all: LogChunk[] = [];
  for (let some = spool.output.take(); some.length > 0; some = spool.output.take()) all.push(...some);
  return all;
}
const done = { outcome: "succeeded", exitCode: 0 } as const;

test("results and output are there for the next process, in their order", () => {
  const dir = place();
  const first = open(dir);
  first.setCluster("c1");
  first.output.add([piece(1), piece(2)]);
  first.result({ task: 1, attempt: 1, report: done });
  first.result({ task: 2, attempt: 3, report: done });
  first.output.add([piece(3)]);
  first.done({ task: 1, attempt: 1 });
  first.close();
  const second = open(dir);
  assert.deepEqual(second.results(), [{ task: 2, attempt: 3, report: done }]);
  assert.deepEqual(takeAll(second), [piece(1), piece(2), piece(3)]);
  assert.deepEqual([second.cluster, second.damaged], ["c1", 0]);
});

test("what was taken and not confirmed is taken again, and the file is empty when all has arrived", () => {
  const dir = place();
  const spool = open(dir);
  spool.output.add([piece(1)]);
  spool.output.add([piece(2)]);
  assert.deepEqual(takeAll(spool), [piece(1), piece(2)]);
  spool.output.rewind();
  assert.deepEqual(takeAll(spool), [piece(1), piece(2)]);
  assert.equal(spool.output.taken, spool.output.added);
  spool.output.confirm();
  assert.deepEqual(takeAll(spool), []);
  assert.equal(statSync(join(dir, "spool/spool.log")).size, 0);
});

test("a killed process leaves all that it had written, and a torn last line costs that line alone", async () => {
  const dir = place();
  const script = `
    import { Spool } from ${JSON.stringify(join(import.meta.dirname, "spool.ts"))};
    const spool = new Spool({ dir: ${JSON.stringify(dir)}, bytesMax: 1e9 });
    for (let n = 1; n <= 1000; n++) {
      spool.output.add([{ task: n, attempt: 1, stream: "stdout", at: 0, text: "x".repeat(200) }]);
      spool.result({ task: n, attempt: 1, report: { outcome: "succeeded" } });
    }
    process.kill(process.pid, "SIGKILL");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  const [, signal] = (await once(child, "close")) as [number | null, string];
  assert.equal(signal, "SIGKILL");
  appendFileSync(join(dir, "spool/spool.log"), 'R 00000000 {"task":1001,"att');
  const spool = open(dir);
  assert.deepEqual([spool.results().length, takeAll(spool).length, spool.damaged], [1000, 1000, 1]);
  // What comes after the torn line is not spoilt by it.
  spool.result({ task: 5000, attempt: 1, report: done });
  spool.close();
  const again = open(dir);
  assert.deepEqual([again.results().length, again.damaged], [1001, 0]);
});

test("damage in the middle costs the lines that it hit", () => {
  const dir = place();
  const spool = open(dir);
  for (let task = 1; task <= 5; task++) spool.result({ task, attempt: 1, report: done });
  spool.close();
  const file = join(dir, "spool/spool.log");
  const lines = readFileSync(file, "utf8").split("\n");
  lines[1] = lines[1]!.replace("succeeded", "suxxeeded");
  lines[3] = "\0\0\0 rubbish";
  writeFileSync(file, lines.join("\n"));
  const again = open(dir);
  assert.deepEqual(
    again.results().map(({ task }) => task),
    [1, 3, 5],
  );
  assert.equal(again.damaged, 2);
});

test("output beyond the bound is dropped, the log of the attempt says so, and results are still taken", () => {
  const dir = place();
  const spool = open(dir, 10_000);
  const pieces = Array.from({ length: 100 }, (_, n) => piece(n + 1, "y".repeat(1000)));
  spool.output.add(pieces);
  spool.result({ task: 1, attempt: 1, report: done });
  spool.output.end(1, 1, 7);
  const kept = takeAll(spool);
  const gap = kept.pop()!;
  assert.deepEqual(kept, pieces.slice(0, kept.length));
  assert.ok(kept.length >= 8 && kept.length < 10, String(kept.length));
  assert.equal(gap.stream, "log");
  assert.match(gap.text!, new RegExp(`about ${(100 - kept.length) * 1000} bytes of output are missing here`));
  assert.equal(spool.results().length, 1);
  assert.ok(statSync(join(dir, "spool/spool.log")).size < 12_000);
});

test("the file does not grow with what has come and gone", () => {
  const dir = place();
  const spool = open(dir);
  spool.result({ task: 1, attempt: 1, report: done });
  for (let round = 0; round < 60; round++) {
    spool.output.add([piece(round, "z".repeat(200_000))]);
    assert.equal(takeAll(spool).length, 1);
    spool.output.confirm();
  }
  assert.ok(statSync(join(dir, "spool/spool.log")).size < 9 * MiB);
  // What was written anew is whole, also while some of it had been taken and not confirmed.
  spool.output.add([piece(1, "a".repeat(3 * MiB))]);
  spool.output.add([piece(2, "b".repeat(3 * MiB))]);
  const [first] = spool.output.take();
  assert.equal(first!.text![0], "a");
  spool.close();
  const again = open(dir);
  assert.deepEqual(again.results(), [{ task: 1, attempt: 1, report: done }]);
  assert.deepEqual(
    takeAll(again)
      .map(({ text }) => text![0])
      .slice(-2),
    ["a", "b"],
  );
});

test("what is for another server is forgotten on demand", () => {
  const dir = place();
  const spool = open(dir);
  spool.setCluster("old");
  spool.output.add([piece(1)]);
  spool.result({ task: 1, attempt: 1, report: done });
  spool.clear();
  spool.setCluster("new");
  spool.close();
  const again = open(dir);
  assert.deepEqual([again.results(), takeAll(again), again.cluster], [[], [], "new"]);
});

test("a folder on a full disk is told of once, and costs output alone", () => {
  const troubles: string[] = [];
  const dir = place();
  const spool = new Spool({ dir, bytesMax: MiB, onTrouble: (problem) => troubles.push(problem) });
  // Whoever closes the file behind its back is as bad as a disk that takes nothing.
  spool.close();
  spool.output.add([piece(1)]);
  spool.result({ task: 1, attempt: 1, report: done });
  assert.deepEqual([spool.results().length, troubles.length], [1, 1]);
  assert.match(troubles[0]!, /spool\.log cannot be written/);
});
