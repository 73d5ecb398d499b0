/** How calls share processes: whose output is whose, who waits for whom, and which processes there are. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { onThisMachine } from "../../../test/machine.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import { root } from "../../../test/source-files.ts";
import { copyOf, type TestWorker, testWorker, written } from "./testing.ts";

const hasProc = existsSync("/proc/self/stat");
const PYTHON = copyOf({
  "shared.py": `
import os, subprocess, sys, time
def quick(i): return i
def prints(i): print("out", i); return i
def native(i): os.write(1, b"nat %d\\n" % i); os.write(2, b"err %d\\n" % i); return i
def child(i): subprocess.run(["echo", "child %d" % i]); return i
def slow(i): print("slow", i); time.sleep(0.03); print("slept", i); return i
def pid(*_): return os.getpid()
def nap(ms): time.sleep(ms / 1000); return os.getpid()
def hang(i):
    try:
        # Inside: it is told to stop as soon as this line is read, and that may be before \`print\` returns.
        print("hanging", i)
        time.sleep(1000)
    finally: print("freed", i)
def die(i): print("dying", i); sys.stdout.flush(); os._exit(9)
`,
});
const TYPESCRIPT = copyOf({
  "shared.ts": `
import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
export const quick = (i: number) => i;
export const prints = (i: number) => { console.log("out", i); return i; };
export const native = (i: number) => { writeSync(1, "nat " + i + "\\n"); writeSync(2, "err " + i + "\\n"); return i; };
export const child = (i: number) => { spawnSync("echo", ["child " + i], { stdio: "inherit" }); return i; };
export const slow = async (i: number) => { console.log("slow", i); await sleep(30); console.log("slept", i); return i; };
export const hang = async (i: number, context: any) => {
  console.log("hanging", i);
  await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
  console.log("freed", i);
};
export const die = (i: number) => { console.log("dying", i); process.exit(9); };
export const pid = () => process.pid;
`,
});

const WRITTEN: Record<string, (i: number) => [string, string]> = {
  quick: () => ["", ""],
  prints: (i) => [`out ${i}\n`, ""],
  native: (i) => [`nat ${i}\n`, `err ${i}\n`],
  child: (i) => [`child ${i}\n`, ""],
  slow: (i) => [`slow ${i}\nslept ${i}\n`, ""],
  hang: (i) => [`hanging ${i}\nfreed ${i}\n`, ""],
  die: (i) => [`dying ${i}\n`, ""],
};

/** The same order in each run of the test. */
function mixed(count: number): string[] {
  const words = Object.keys(WRITTEN);
  const rare: Record<string, number> = { prints: 7, native: 23, child: 101, slow: 47, hang: 149, die: 211 };
  return Array.from(
    { length: count },
    (_, i) => words.find((word) => (i + 1) % (rare[word] ?? Infinity) === 0) ?? "quick",
  );
}

let worker: TestWorker;
before(async () => {
  worker = await testWorker();
});
after(() => worker.close());

for (const copy of [PYTHON, TYPESCRIPT]) {
  test(`${copy.language}: each call has its own output and its own end, whatever those around it do`, async () => {
    const works = mixed(900).entries();
    const next = async (): Promise<void> => {
      for (const [i, action] of works) {
        const call = worker.run(copy, { action, args: [i], grace: 3000 });
        if (action === "hang") {
          await call.logged((log) => log.length > 0);
          call.stop("cancelled");
        }
        const { outcome } = await call.report;
        assert.deepEqual([written(call), written(call, "stderr")], WRITTEN[action]!(i), `${action} ${i}`);
        const ends: Record<string, string> = { hang: "cancelled", die: "failed" };
        assert.equal(outcome, ends[action] ?? "succeeded", `${action} ${i}`);
        assert.deepEqual(call.late, []);
      }
    };
    await Promise.all(Array.from({ length: 12 }, next));
  });
}

test("quick calls share a process; slow ones do not wait for each other", async () => {
  const own = await testWorker();
  try {
    await own.run(PYTHON, { action: "quick", args: [0] }).report;
    let processes = Infinity;
    // A call that the machine held up makes all of them look slow, for as long as it counts among the newest.
    for (let round = 0; round < 20 && processes > 1; round++) {
      for (let i = 0; i < 20; i++) await own.run(PYTHON, { action: "quick", args: [i] }).report;
      const quick = await Promise.all(Array.from({ length: 60 }, () => own.run(PYTHON, { action: "pid" }).report));
      processes = new Set(quick.map(({ result }) => result)).size;
    }
    assert.equal(processes, 1);
    const napMs = Math.min(onThisMachine(3000), 6000);
    const begun = performance.now();
    const slow = Array.from({ length: 4 }, () => own.run(PYTHON, { action: "nap", args: [napMs] }));
    const ended = await Promise.all(slow.map(({ report }) => report));
    assert.equal(new Set(ended.map(({ result }) => result)).size, 4);
    assert.ok(performance.now() - begun < 4 * napMs, "they ran at the same time");
  } finally {
    await own.close();
  }
});

test("a call that waits behind a long one is taken back, and run elsewhere", async () => {
  const own = await testWorker();
  try {
    for (let i = 0; i < 20; i++) await own.run(PYTHON, { action: "quick", args: [i] }).report;
    const hanging = own.run(PYTHON, { action: "hang", args: [1] });
    const behind = Array.from({ length: 10 }, (_, i) => own.run(PYTHON, { action: "quick", args: [i] }));
    const ended = await Promise.all(behind.map(({ report }) => report));
    assert.deepEqual(
      ended.map(({ result }) => result),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    await hanging.logged(() => written(hanging) === "hanging 1\n");
    hanging.stop("cancelled");
    assert.equal((await hanging.report).outcome, "cancelled");
    assert.equal(written(hanging), "hanging 1\nfreed 1\n");
  } finally {
    await own.close();
  }
});

test("a call that is stopped while it waits never begins", async () => {
  const own = await testWorker({ slots: 1 });
  try {
    for (let i = 0; i < 20; i++) await own.run(PYTHON, { action: "quick", args: [i] }).report;
    const hanging = own.run(PYTHON, { action: "hang", args: [1] });
    const waiting = own.run(PYTHON, { action: "prints", args: [2] });
    await hanging.logged((log) => log.length > 0);
    waiting.stop("cancelled");
    assert.equal((await waiting.report).outcome, "cancelled");
    assert.deepEqual(waiting.log, []);
    hanging.stop("cancelled");
    assert.equal((await hanging.report).outcome, "cancelled");
    assert.equal((await own.run(PYTHON, { action: "quick", args: [3] }).report).result, 3);
  } finally {
    await own.close();
  }
});

test("a call that answers in the moment in which it is killed takes no other with it", async () => {
  const own = await testWorker({ slots: 1 });
  try {
    for (let round = 0; round < 5; round++) {
      const hanging = own.run(PYTHON, { action: "hang", args: [1], grace: 20 });
      await hanging.logged((log) => log.length > 0);
      hanging.stop("cancelled");
      // While this loop stands still it answers, and its grace runs out: the clock is looked at before the answer is read.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      for (const end = performance.now() + 200; performance.now() < end;);
      assert.equal((await hanging.report).outcome, "cancelled");
      const { outcome, result, error } = await own.run(PYTHON, { action: "quick", args: [round] }).report;
      assert.deepEqual([outcome, result, error], ["succeeded", round, undefined]);
    }
  } finally {
    await own.close();
  }
});

test("calls behind one that spoils its process are run once, by another", async () => {
  const own = await testWorker();
  const python = copyOf({
    "spoil.py": "import os\ndef main(i):\n  print(i)\n  return i\ndef spoil(): os.close(1)\n",
  });
  const typescript = copyOf({
    "spoil.ts": `import { closeSync } from "node:fs";
export function main(i: number) { console.log(i); return i; }
export function spoil() { closeSync(1); }
export function throws() { process.nextTick(() => { throw new Error("later"); }); }
`,
  });
  const spoil = async (copy: PluginCopy, action: string): Promise<void> => {
    for (let i = 0; i < 20; i++) await own.run(copy, { args: [i] }).report;
    const before = Array.from({ length: 10 }, (_, i) => own.run(copy, { args: [i] }));
    const spoiling = own.run(copy, { action });
    const behind = Array.from({ length: 30 }, (_, i) => own.run(copy, { args: [10 + i] }));
    await spoiling.report;
    for (const [i, call] of [...before, ...behind].entries()) {
      const { result } = await call.report;
      assert.deepEqual([result, written(call)], [i, `${i}\n`]);
    }
  };
  try {
    await spoil(python, "spoil");
    await spoil(typescript, "spoil");
    await spoil(typescript, "throws");
  } finally {
    await own.close();
  }
});

test("there are no more processes than slots, and the one that was idle longest makes room", async () => {
  const own = await testWorker({ slots: 2 });
  try {
    const copies = Array.from({ length: 4 }, () => copyOf({ "pid.py": "import os\ndef main(): return os.getpid()\n" }));
    const pids: number[] = [];
    for (const copy of copies) pids.push((await own.run(copy).report).result as number);
    await until(() => pids.filter(isAlive).length === 2, "two are left");
    assert.deepEqual(pids.map(isAlive), [false, false, true, true]);
    assert.equal((await own.run(copies[2]!).report).result, pids[2], "it is the same process");
    const together = await Promise.all(copies.map((copy) => own.run(copy).report));
    assert.ok(together.every(({ outcome }) => outcome === "succeeded"));
  } finally {
    await own.close();
  }
});

test("processes without work end after a while, and with their worker", async () => {
  const own = await testWorker({ plugins: { idleMs: 50 } });
  try {
    for (const copy of [PYTHON, TYPESCRIPT]) {
      const pid = (await own.run(copy, { action: "pid" }).report).result as number;
      await until(() => !isAlive(pid), `${copy.language} ends when it is idle`);
    }
  } finally {
    await own.close();
  }
  const other = await testWorker();
  const pid = (await other.run(PYTHON, { action: "pid" }).report).result as number;
  const hanging = other.run(PYTHON, { action: "hang", args: [1] });
  await hanging.logged((log) => log.length > 0);
  await other.close();
  assert.ok(!isAlive(pid));
  assert.equal((await hanging.report).outcome, "interrupted");
});

test("a worker that is killed takes its runners and what they started with it", { skip: !hasProc }, async () => {
  for (const [file, text] of Object.entries({
    "stuck.py":
      "import re, subprocess, os\ndef main(n):\n  subprocess.Popen(['sleep', n])\n  print(os.getpid(), flush=True)\n  re.match('(a+)+$', 'a' * 40 + 'b')\n",
    "stuck.ts":
      "import { spawn } from 'node:child_process';\nimport { writeSync } from 'node:fs';\nexport function main(n: string) { const c = spawn('sleep', [n]); writeSync(1, process.pid + '\\n'); for (;;); }\n",
  })) {
    const seconds = String(3_000_000 + Math.floor(Math.random() * 1e6));
    const program = `
      import { copyOf, testWorker } from ${JSON.stringify(join(root, "src/worker/runners/testing.ts"))};
      const worker = await testWorker();
      const call = worker.run(copyOf(${JSON.stringify({ [file]: text })}), { args: [${JSON.stringify(seconds)}] });
      await call.logged((log) => log.some(({ text }) => text.includes("\\n")));
      console.log(call.log.map(({ text }) => text).join(""));
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = Number(await new Promise<string>((resolve) => child.stdout.setEncoding("utf8").once("data", resolve)));
    assert.ok(pid > 0 && isAlive(pid));
    await until(() => sleepers(seconds).length === 1, "its child runs");
    child.kill("SIGKILL");
    await until(() => !isAlive(pid) && sleepers(seconds).length === 0, `${file}: nothing is left`);
  }
});

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0]!);
  } catch {
    return false;
  }
}

function sleepers(seconds: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8") === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  });
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !isSo(); await wait(10)) assert.ok(Date.now() < end, what);
}
