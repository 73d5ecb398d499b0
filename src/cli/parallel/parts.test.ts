// The parts of octopus parallel that need no process: arguments, batches, limits, the job log, the order of output.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { batchesOf } from "./batches.ts";
import { exitCodeOf, isReached, parseHalt } from "./halt.ts";
import { JobLog, readDone } from "./joblog.ts";
import { Printer } from "./printer.ts";
import { settingsOf } from "./settings.ts";
import { createTemplate } from "./template.ts";
import { type ReadOptions, readRecords, splitWords } from "./sources.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-parallel-parts-"));
after(() => rmSync(scratch, { recursive: true }));

const LINES: ReadOptions = { delimiter: "\n", skipEmpty: false, isLinked: false };

async function records(words: string[], options: Partial<ReadOptions> = {}): Promise<string> {
  const { sources } = splitWords(words, []);
  const all = await Array.fromAsync(readRecords(sources, { ...LINES, ...options }));
  return all.map((record) => record.join("-")).join(" ");
}

test("several sources give every combination, and go along with each other where that is asked for", async () => {
  assert.equal(await records(["c", ":::", "a", "b", ":::", "c", "d"]), "a-c a-d b-c b-d");
  assert.equal(await records([":::", "a", "b", ":::+", "1", "2", "3", ":::", "x", "y"]), "a-1-x a-1-y b-2-x b-2-y");
  assert.equal(await records([":::", "a", "b", "c", ":::", "1", "2"], { isLinked: true }), "a-1 b-2 c-1");
  assert.equal(await records([":::"]), "");
  const file = join(scratch, "lines");
  writeFileSync(file, "1\n\n2");
  assert.equal(await records([":::", "a", "::::", file]), "a-1 a- a-2");
  assert.equal(await records(["::::", file], { skipEmpty: true }), "1 2");
  assert.equal(await records(["::::", file, file], { skipEmpty: true }), "1-1 1-2 2-1 2-2");
  writeFileSync(file, "a,b\0c\nd,e\0");
  assert.equal(await records(["::::", file], { delimiter: "\0", columns: /,/ }), "a-b c\nd-e");
  assert.deepEqual(splitWords(["gzip", "-9", "{}"], []).sources, [{ file: "-", isLinked: false }]);
  assert.deepEqual(splitWords(["gzip"], ["f"]).sources, [{ file: "f", isLinked: false }]);
  assert.throws(() => splitWords([":::+", "a"], []), /goes along with the arguments before it, and there are none/);
  assert.throws(() => splitWords(["::::"], []), /needs the name of a file/);
  assert.throws(() => splitWords(["::::", "-", "-"], []), /can be read once/);
  await assert.rejects(records(["::::", join(scratch, "gone")]), /cannot read .*gone: it does not exist/);
});

test("values that cross the pieces of a file are whole, and what is no text is refused", async () => {
  const file = join(scratch, "large");
  const values = Array.from({ length: 3000 }, (_, i) => `${i}-${"ü".repeat(i % 100)}`);
  writeFileSync(file, values.join("\n"));
  assert.equal(await records(["::::", file]), values.join(" "));
  writeFileSync(file, Buffer.from([0x61, 0x0a, 0xff, 0x0a]));
  await assert.rejects(records(["::::", file]), /large, value 2: it is not text in UTF-8/);
  writeFileSync(file, "x".repeat(3 * 1024 ** 2));
  await assert.rejects(records(["::::", file]), /value 1: it has more than 2 MiB/);
});

async function batches(count: number, options: { max?: number; isFull?: boolean; charsMax?: number; jobs?: number }) {
  const source = async function* () {
    for (let i = 1; i <= count; i++) yield [String(i)];
  };
  const lineOf = (values: readonly string[]): string => createTemplate(["echo"]).expand(values, 1, 1);
  const all = batchesOf(source(), { max: undefined, isFull: false, charsMax: 1000, jobs: 2, lineOf, ...options });
  return (await Array.fromAsync(all)).map((batch) => batch.join("")).join(" ");
}

test("a job gets one argument, some, or as many as fit; the last ones are spread", async () => {
  assert.equal(await batches(3, {}), "1 2 3");
  assert.equal(await batches(5, { max: 2 }), "12 34 5");
  assert.equal(await batches(5, { isFull: true }), "123 45");
  assert.equal(await batches(9, { isFull: true, charsMax: 12 }), "1234 5678 9");
  assert.equal(await batches(5, { isFull: true, max: 2, jobs: 1 }), "12 34 5");
  assert.equal(await batches(0, { isFull: true }), "");
  assert.equal(await batches(3, { max: 0 }), "  ", "three jobs without an argument");
});

test("--halt: when it is reached, and what is exited with", () => {
  assert.equal(parseHalt("never"), undefined);
  assert.deepEqual(parseHalt("2"), { now: true, why: "fail", count: 1, isPercent: false });
  for (const odd of ["now", "fail=1", "now,fail=0", "soon,fail=101%", "now,fail=x", "later,fail=1"])
    assert.throws(() => parseHalt(odd), /--halt must be never, or read now,fail=1/, odd);
  const share = parseHalt("soon,fail=50%")!;
  assert.equal(isReached(share, { failed: 2, succeeded: 1, total: 5 }), false);
  assert.equal(isReached(share, { failed: 3, succeeded: 1, total: 5 }), true);
  assert.equal(exitCodeOf(share, { failed: 3, succeeded: 1, total: 5 }, 6), 60);
  const one = parseHalt("now,fail=1")!;
  assert.equal(exitCodeOf(one, { failed: 1, succeeded: 0, total: undefined }, 137), 137);
  assert.equal(exitCodeOf(one, { failed: 0, succeeded: 9, total: undefined }, undefined), 0);
  const won = parseHalt("now,success=1")!;
  assert.equal(exitCodeOf(won, { failed: 2, succeeded: 1, total: undefined }, 0), 0);
  assert.equal(exitCodeOf(won, { failed: 2, succeeded: 0, total: undefined }, undefined), 2);
  assert.equal(isReached(parseHalt("soon,done=2")!, { failed: 1, succeeded: 1, total: undefined }), true);
  assert.equal(exitCodeOf(undefined, { failed: 100, succeeded: 0, total: undefined }, undefined), 100);
  assert.equal(exitCodeOf(undefined, { failed: 5000, succeeded: 0, total: undefined }, undefined), 101);
});

test("the job log says what is done, whoever wrote it, and half a line counts for nothing", () => {
  const file = join(scratch, "jobs.log");
  const job = { host: ":", startedAt: 1795254387506, runtimeMs: 4, received: 2, signal: 0 };
  const log = new JobLog(file, false);
  log.add({ ...job, seq: 1, exitCode: 0, command: "echo 'a\nb'" });
  log.add({ ...job, seq: 2, exitCode: 1, command: "false" });
  log.add({ ...job, seq: 3, exitCode: 0, signal: 9, command: "x" });
  log.close();
  const lines = readFileSync(file, "utf8").split("\n");
  assert.equal(lines[0], "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand");
  assert.equal(lines[1], "1\t:\t1795254387.506\t     0.004\t0\t2\t0\t0\techo 'a\0b'");
  assert.deepEqual([[...readDone(file, "all")], [...readDone(file, "succeeded")]], [[1, 2, 3], [1]]);
  appendFileSync(file, "4\t:\t17952");
  assert.deepEqual([...readDone(file, "all")], [1, 2, 3]);
  const more = new JobLog(file, true);
  more.add({ ...job, seq: 2, exitCode: 0, command: "true" });
  more.add({ ...job, seq: 1, exitCode: 2, command: "false" });
  more.close();
  assert.deepEqual([...readDone(file, "succeeded")], [2], "the newest line of a job counts");
  assert.deepEqual([...readDone(join(scratch, "none"), "all")], []);
  writeFileSync(file, "hello\nworld\n");
  assert.throws(() => readDone(file, "all"), /jobs.log:1 is no line of a job log: it needs the columns Seq, Host/);
});

test("options that mean nothing are refused with what they may be", () => {
  const odd: [object, RegExp][] = [
    [{ jobs: "many" }, /--jobs must be a number such as 8/],
    [{ timeout: "soon" }, /--timeout must be seconds such as 10/],
    [{ delay: "-1" }, /--delay must be seconds/],
    [{ resume: true }, /need the --joblog/],
    [{ colsep: "(" }, /--colsep must be a regular expression/],
    [{ maxArgs: "-1" }, /--max-args must be a whole number from 0/],
  ];
  for (const [options, message] of odd) assert.throws(() => settingsOf(options as Record<string, unknown>), message);
  assert.equal(settingsOf({ jobs: "7" }).slots, 7);
  assert.equal(settingsOf({ jobs: "-999" }).slots, 1);
  assert.equal(settingsOf({ jobs: "0" }).slots, 1000);
  assert.equal(settingsOf({ timeout: "1.5", delay: "2m" }).timeoutMs, 1500);
});

/** Hands pieces of output over and answers what was printed, after each piece. */
function printed(
  options: { mode: "group" | "line" | "ungroup"; keepOrder?: boolean; tag?: boolean },
  steps: string[],
): string {
  let out = "";
  const printer = new Printer({
    keepOrder: false,
    ...options,
    write: (_, bytes) => (out += Buffer.from(bytes).toString()),
  });
  for (const step of steps) {
    const [, what, seq, text] = /^(begin|end|again|out) (\d+) ?([^]*)$/.exec(step)!;
    if (what === "begin") printer.begin(Number(seq), options.tag === true ? `t${seq}` : undefined);
    else if (what === "end") printer.end(Number(seq));
    else if (what === "again") printer.again(Number(seq));
    else printer.output(Number(seq), "stdout", Buffer.from(text!));
    out += "|";
  }
  return out;
}

test("output: at the end, by lines, or as it comes; in order where that is asked for", () => {
  const steps = ["begin 1", "begin 2", "out 2 b\nB", "out 1 a", "out 1 A\n", "end 2", "end 1"];
  assert.equal(printed({ mode: "group" }, steps), "|||||b\nB|aA\n|");
  assert.equal(printed({ mode: "line" }, steps), "||b\n||aA\n|B||");
  assert.equal(printed({ mode: "ungroup" }, steps), "||b\nB|a|A\n|||");
  assert.equal(printed({ mode: "group", keepOrder: true }, steps), "||||||aA\nb\nB|");
  assert.equal(printed({ mode: "line", keepOrder: true }, steps), "||||aA\n||b\nB|");
  assert.equal(
    printed({ mode: "line", keepOrder: true }, [...steps.slice(0, 5), "end 1", "out 2 x\n", "end 2"]),
    "||||aA\n|b\n|Bx\n||",
  );
  assert.equal(printed({ mode: "ungroup", keepOrder: true }, steps), "|||a|A\n||b\nB|");
  assert.equal(printed({ mode: "group", tag: true }, steps), "|||||t2\tb\nt2\tB|t1\taA\n|");
  assert.equal(printed({ mode: "line", tag: true }, steps), "||t2\tb\n||t1\taA\n|t2\tB||");
  assert.equal(
    printed({ mode: "group" }, ["begin 1", "out 1 lost", "again 1", "out 1 kept", "end 1"]),
    "||||kept|".replace("||||", "||||"),
  );
});

test("output that is larger than memory should hold comes out whole", () => {
  let bytes = 0;
  const printer = new Printer({ mode: "group", keepOrder: false, write: (_, piece) => (bytes += piece.length) });
  printer.begin(1, undefined);
  for (let i = 0; i < 300; i++) printer.output(1, "stdout", Buffer.alloc(10_000, i));
  printer.end(1);
  assert.equal(bytes, 3_000_000);
});
