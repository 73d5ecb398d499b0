/** The spool on a disk that is really full: a small file system in memory; mounting one needs root. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { LogChunk } from "../../protocol/link.ts";
import { Spool } from "./spool.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-spool-disk-"));
let isMounted = false;

after(() => {
  if (isMounted) execFileSync("umount", ["--lazy", folder]);
  rmSync(folder, { recursive: true, force: true });
});

function mount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "octopus-test", folder], { stdio: "pipe" });
    isMounted = true;
  } catch {
    // Not root, no such program, or a container that may not: the test is skipped with that reason.
  }
  return isMounted;
}

function takeAll(spool: Spool): LogChunk[] {
  const all: LogChunk[] = [];
  for (let some = spool.output.take(); some.length > 0; some = spool.output.take()) all.push(...some);
  return all;
}

function piece(seq: number): LogChunk {
  return { task: 1, attempt: 1, stream: "stdout", at: seq, text: "y".repeat(9000), seq };
}

test(
  "output that a full disk did not take is missed in the log of its attempt",
  { skip: !mount() && "no file system can be mounted here (needs root)" },
  () => {
    const troubles: string[] = [];
    const spool = new Spool({ dir: folder, bytesMax: 1024 ** 2, onTrouble: (problem) => troubles.push(problem) });
    // Each time the disk is full, the line that would have told of it does not fit either.
    for (let seq = 1; seq <= 20; seq++) spool.output.add([piece(seq)]);
    const kept = spool.output.take();
    assert.deepEqual(
      kept.map(({ seq }) => seq),
      kept.map((_, index) => index + 1),
    );
    assert.ok(kept.length > 2 && kept.length < 8, String(kept.length));
    spool.output.confirm();
    spool.output.add([piece(21)]);
    const [gap, next, ...more] = spool.output.take();
    assert.match(gap!.text!, new RegExp(`about ${(20 - kept.length) * 9000} bytes of output are missing here`));
    assert.deepEqual([next?.seq, more, troubles.length], [21, [], 1]);
    assert.match(troubles[0]!, /spool\.log cannot be written: ENOSPC/);
    // An attempt that ends while not even a line fits.
    spool.output.confirm();
    for (let seq = 22; seq <= 40; seq++) spool.output.add([piece(seq)]);
    writeFileSync(join(folder, "ballast"), "");
    assert.throws(() => {
      for (;;) appendFileSync(join(folder, "ballast"), Buffer.alloc(512));
    }, /ENOSPC/);
    for (let seq = 1; seq <= 50; seq++) spool.output.add([{ ...piece(seq), text: "z".repeat(100) }]);
    const { added } = spool.output;
    spool.output.end(1, 1, 50);
    assert.equal(spool.output.added, added + 1);
    for (const how of ["taken", "taken again"]) {
      const takenNow = takeAll(spool);
      const words = takenNow.filter(({ stream }) => stream === "log");
      assert.match(words.at(-1)?.text ?? "", /about \d+ bytes of output are missing here/, how);
      const missing = words.reduce((sum, { text }) => sum + Number(/\d+/.exec(text!)![0]), 0);
      const whole = takenNow.filter(({ stream }) => stream !== "log").reduce((sum, { text }) => sum + text!.length, 0);
      assert.equal(missing + whole, 19 * 9000 + 50 * 100);
      assert.equal(spool.output.taken, spool.output.added);
      spool.output.rewind();
    }
    takeAll(spool);
    spool.output.confirm();
    assert.deepEqual(takeAll(spool), []);
    spool.close();
  },
);
