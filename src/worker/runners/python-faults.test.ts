/** What goes wrong in plugins in Python: each is a failed task that says why, and the next call runs. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { onThisMachine } from "../../../test/machine.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { PluginWork } from "../../protocol/work/plugin.ts";
import { copyOf, type TestWorker, testWorker, written } from "./testing.ts";

let worker: TestWorker;
before(async () => {
  worker = await testWorker({ plugins: { idleMs: 60_000 } });
});
after(() => worker.close());

const PLUGIN = copyOf({
  "faults.py": `
import asyncio, os, re, signal, subprocess, sys, threading, time

ready = "yes"

def fine(*args, **kwargs):
    return {"args": list(args), "kwargs": kwargs}

def status(word, message=None):
    return {"status": word, "message": message}

def leave(code=None):
    sys.exit(code)

def leave_hard():
    print("last words", file=sys.stderr, flush=True)
    os._exit(7)

def kill_self():
    os.kill(os.getpid(), signal.SIGKILL)

def sleep_forever():
    print("sleeping", flush=True)
    time.sleep(1000)

def catastrophe():
    print("matching", flush=True)
    re.match("(a+)+$", "a" * 40 + "b")

def spin():
    print("spinning", flush=True)
    while True:
        pass

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(1000)

def flood(bytes):
    line = "x" * 99 + "\\n"
    for _ in range(bytes // 100):
        sys.stdout.write(line)
    return "done"

def in_background(seconds):
    # Until it is what its command line says: before, it is another shell.
    os.system(f"sleep {seconds} & until grep -qa ^sleep /proc/$!/cmdline; do :; done")

def spawn():
    subprocess.Popen(["sleep", "1234567"])
    subprocess.Popen(["sleep", "1234568"], start_new_session=True)
    in_background(1234569)
    return "left"

def orphan():
    in_background(1234570)
    return "left"

def close_output():
    os.close(1)
    return "closed"

def redirect():
    target = os.open("/dev/null", os.O_WRONLY)
    os.dup2(target, 1)
    return "led away"

def close_stream():
    sys.stdout.close()
    return "closed"

def prints():
    print("here")

def close_low():
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"garbage")
        except OSError:
            pass
        try:
            os.close(descriptor)
        except OSError:
            pass
    return "closed"

def own_stdout():
    import io
    sys.stdout = io.StringIO()
    print("into nowhere")
    return "replaced"

def thread():
    def later():
        time.sleep(0.05)
        print("from a thread")
    threading.Thread(target=later, daemon=True).start()
    return "returned"

def fork(how):
    child = os.fork()
    if child == 0:
        if how == "raises":
            raise RuntimeError("in the child")
        return "the child"
    if how == "waits":
        os.waitpid(child, 0)
    return "the parent"

def move():
    os.chdir("/")
    os.environ["LEFT"] = "behind"
    return os.getcwd()

def where():
    return os.getcwd()

def returns(what):
    cycle = []
    cycle.append(cycle)
    return {
        "set": {1}, "nan": [float("nan")], "bytes": {"deep": [b"x"]}, "cycle": cycle,
        "date": __import__("datetime").date.today(), "key": {("a",): 1}, "big": "x" * (17 * 1024 * 1024),
    }[what]

def large():
    return "x" * (4 * 1024 * 1024)

def nested():
    def inner():
        raise KeyError("missing")
    inner()

def caused():
    try:
        nested()
    except KeyError as error:
        raise RuntimeError("it went wrong") from error

def letters():
    print("ä€😀", "\\ud800", flush=True)
    sys.stdout.buffer.write(b"\\xff\\xfe\\n")
    sys.stdout.flush()
    return "\\ud800"

async def soon(x):
    await asyncio.sleep(0.001)
    return x

async def leaves_tasks():
    async def forever():
        while True:
            await asyncio.sleep(0.001)
    asyncio.create_task(forever())
    return "left"

def numbers():
    yield from [1, 2, 3]

async def async_numbers():
    yield 1
    yield 2

def interrupt():
    raise KeyboardInterrupt

class Job:
    def run(self):
        return "ran"

def fatal():
    import octopus
    raise octopus.FatalError("never again")

_hidden = fine
`,
});

const run = (action: string, work: Partial<PluginWork> = {}) => worker.run(PLUGIN, { action, ...work });
const report = (action: string, ...args: unknown[]): Promise<AttemptReport> =>
  run(action, { args: args as never[] }).report;
const failure = async (action: string, ...args: unknown[]): Promise<string> => {
  const { outcome, error } = await report(action, ...args);
  assert.equal(outcome, "failed");
  return error!.message;
};
const isFine = async (): Promise<void> => assert.equal((await report("fine")).outcome, "succeeded");

test("arguments mean what they say", async () => {
  const work = { args: [true, null, "x", 1.5, { a: [] }], kwargs: { "no identifier": 1, class: 2 } };
  const { result } = await run("fine", work).report;
  assert.deepEqual(result, { args: work.args, kwargs: work.kwargs });
});

test("a status of failed or error is a failure, however it is written; others are not", async () => {
  for (const word of ["failed", "Failed", "ERROR", "error"]) {
    const { outcome, error, result } = await report("status", word, "no luck");
    assert.deepEqual([outcome, error!.message, error!.kind], ["failed", "no luck", "status"]);
    assert.deepEqual(result, { status: word, message: "no luck" });
  }
  assert.equal(await failure("status", "failed"), '{"status":"failed","message":null}');
  for (const word of ["success", "ok", 0]) assert.equal((await report("status", word)).outcome, "succeeded");
});

test("ending the interpreter", async () => {
  for (const code of [null, 0]) assert.equal((await report("leave", code)).outcome, "succeeded");
  assert.match(await failure("leave", 3), /^it ended itself with sys\.exit\(3\) \(faults\.py, line \d+\)$/);
  assert.match(await failure("leave", "no way"), /sys\.exit\('no way'\)/);
  assert.match(await failure("leave_hard"), /ended its process with exit code 7 and returned nothing: last words$/);
  await isFine();
  assert.match(await failure("kill_self"), /was ended by SIGKILL/);
  assert.match(await failure("interrupt"), /^KeyboardInterrupt/);
  await isFine();
});

test("what never ends is ended in its time, wherever it hangs", async () => {
  for (const [action, word] of [
    ["sleep_forever", "sleeping"],
    ["spin", "spinning"],
    ["catastrophe", "matching"],
    ["deaf", "deaf"],
  ] as const) {
    const hanging = run(action, { grace: 100 });
    await hanging.logged((log) => log.some(({ text }) => text.includes(word)));
    const begun = performance.now();
    hanging.stop("timed_out");
    assert.equal((await hanging.report).outcome, "timed_out");
    assert.ok(performance.now() - begun < onThisMachine(5000), action);
    assert.equal(written(hanging), `${word}\n`);
    await isFine();
  }
});

test("a hundred megabytes of output are cut, and nobody keeps them", async () => {
  const before = process.memoryUsage.rss();
  const flooding = run("flood", { args: [100_000_000], maxOutput: 1000 });
  assert.equal((await flooding.report).result, "done");
  assert.equal(written(flooding).length, 1000);
  assert.match(written(flooding, "log"), /^99999000 bytes of output .* were dropped/);
  assert.ok(process.memoryUsage.rss() - before < 100_000_000);
});

test(
  "processes that it leaves end with it, in sessions of their own as well",
  { skip: !existsSync("/proc") },
  async () => {
    const spawning = run("spawn");
    assert.equal((await spawning.report).result, "left");
    const said = written(spawning, "log");
    for (const seconds of [1234567, 1234568, 1234569]) assert.ok(said.includes(`sleep ${seconds}`), said);
    assert.match(said, /^3 processes that it had started were still running, and ended with it: /);
    await isFine();
    const orphaning = run("orphan");
    assert.equal((await orphaning.report).result, "left");
    assert.match(written(orphaning, "log"), /^a process .* ended with it: sleep 1234570\n$/);
  },
);

test("closed and replaced outputs, and writing to numbers that are not its own, harm nobody", async () => {
  const prints = async (): Promise<void> => {
    const printing = run("prints");
    assert.equal((await printing.report).outcome, "succeeded");
    assert.equal(written(printing), "here\n");
  };
  for (const action of ["own_stdout", "close_low", "close_output", "close_stream", "redirect"]) {
    assert.equal((await report(action)).outcome, "succeeded", action);
    await prints();
  }
});

test("threads, folders and the environment", async () => {
  const quick = run("thread");
  assert.equal((await quick.report).result, "returned");
  const home = (await report("where")).result;
  assert.equal((await report("move")).result, "/");
  assert.equal((await report("where")).result, home);
  assert.deepEqual(quick.late, []);
});

test("what JSON cannot carry is named", async () => {
  const cases: Record<string, RegExp> = {
    set: /^it returned a set, which JSON has no form for: return sorted/,
    nan: /^it returned nan at \[0\], which JSON has no form for/,
    bytes: /^it returned a bytes at deep\[0\]/,
    cycle: /^it returned a value that holds itself/,
    date: /^it returned a date, .*isoformat/,
    key: /^it returned a tuple at the key \('a',\)/,
    big: /^it returned 17 MiB, and a result may have 16 MiB: keep it as a file with octopus\.artifact/,
  };
  for (const [what, words] of Object.entries(cases)) {
    const { outcome, error, retryable } = await report("returns", what);
    assert.deepEqual([outcome, error!.kind, retryable], ["failed", "result", false], what);
    assert.match(error!.message, words);
  }
  assert.equal(((await report("large")).result as string).length, 4 * 1024 * 1024);
});

test("exceptions say where, without the runner's own frames", async () => {
  const { error, retryable } = await report("nested");
  assert.match(error!.message, /^KeyError: 'missing' \(faults\.py, line \d+\)$/);
  assert.deepEqual([error!.kind, retryable], ["KeyError", undefined]);
  assert.match(error!.stack!, /File "faults\.py", line \d+, in nested\n/);
  assert.doesNotMatch(error!.stack!, /runner\.py/);
  const caused = (await report("caused")).error!;
  assert.match(caused.stack!, /KeyError[^]*direct cause[^]*RuntimeError: it went wrong/);
  const fatal = await report("fatal");
  assert.deepEqual([fatal.error!.kind, fatal.retryable], ["FatalError", false]);
  const wrong = await report("nested", 1, 2);
  assert.match(wrong.error!.message, /nested\(\) takes 0 positional arguments but 2 were given/);
  assert.equal(wrong.retryable, false);
});

test("letters that are none are shown, and bytes stay bytes", async () => {
  const lettering = run("letters");
  assert.equal((await lettering.report).outcome, "succeeded");
  const bytes = Buffer.concat(lettering.log.map((each) => each.bytes));
  assert.deepEqual(bytes, Buffer.concat([Buffer.from("ä€😀 \\ud800\n"), Buffer.from([0xff, 0xfe, 0x0a])]));
});

test("functions of every sort", async () => {
  assert.equal((await report("soon", 5)).result, 5);
  assert.equal((await report("leaves_tasks")).result, "left");
  assert.equal((await report("soon", 6)).result, 6);
  assert.deepEqual((await report("numbers")).result, [1, 2, 3]);
  assert.deepEqual((await report("async_numbers")).result, [1, 2]);
  assert.match(await failure("Job"), /^it returned a Job, which JSON has no form for/);
});

test("an action that is none", async () => {
  const { error, retryable } = await report("fin");
  assert.equal(error!.kind, "unknown_action");
  assert.match(error!.message, /^the plugin faults has no function fin; it has: fine, status, leave, /);
  assert.doesNotMatch(error!.message, /_hidden|ready/);
  assert.equal(retryable, false);
  assert.match(await failure("ready"), /ready is a str, and no function/);
});

test("modules that cannot be imported say why, and where", async () => {
  const cases: [string, RegExp, boolean | undefined][] = [
    [
      "import requestz\n",
      /No module named 'requestz' \(broken\.py, line 1\): .*python.* -m pip install requestz/,
      false,
    ],
    ["def main():\n  x = = 1\n", /^broken\.py, line 2: SyntaxError: invalid syntax: x = = 1$/, false],
    ["def main():\nreturn 1\n", /^broken\.py, line 2: IndentationError: /, false],
    ["from os import nothing_there\n", /cannot import name 'nothing_there'/, false],
    ["raise ValueError('at the top')\n", /^ValueError: at the top \(broken\.py, line 1\)$/, undefined],
    ["import sys\nsys.exit(2)\n", /sys\.exit\(2\) while it was imported/, false],
    ["x = '\0'\n", /null bytes/, undefined],
  ];
  for (const [text, words, retryable] of cases) {
    const ended = await worker.run(copyOf({ "broken.py": text })).report;
    assert.equal(ended.outcome, "failed", text);
    assert.match(ended.error!.message, words);
    if (text.includes("\0")) continue;
    assert.equal(ended.retryable, retryable, text);
  }
});

test("an import that never ends ends with its attempt", async () => {
  const copy = copyOf({ "endless.py": "import time\nprint('importing', flush=True)\nwhile True: time.sleep(1)\n" });
  const importing = worker.run(copy, { grace: 100 });
  await importing.logged((log) => log.length > 0);
  importing.stop("timed_out");
  assert.equal((await importing.report).outcome, "timed_out");
});

test("what was missing at the first import is found by the next attempt", async () => {
  const flag = `${worker.dir}/there`;
  const copy = copyOf({
    "later.py": `import os\nif not os.path.exists(${JSON.stringify(flag)}):\n  open(${JSON.stringify(flag)}, "w").close()\n  import not_there\ndef main(): return "found"\n`,
  });
  assert.equal((await worker.run(copy).report).outcome, "failed");
  assert.equal((await worker.run(copy).report).result, "found");
  assert.equal(readFileSync(flag, "utf8"), "");
});

test("a folder is a package, with modules beside its entry", async () => {
  const main = copyOf({
    "main.py": "import helper\ndef main(): return helper.who()\n",
    "helper.py": "def who(): return 'helper'\n",
  });
  assert.equal((await worker.run(main).report).result, "helper");
  const inside = copyOf(
    {
      "__init__.py": "from . import part\ndef main(): return part.who(), __name__\n",
      "part.py": "def who(): return 'part'\n",
    },
    { name: "my-pack" },
  );
  assert.deepEqual((await worker.run(inside).report).result, ["part", "my_pack"]);
  const shadow = copyOf({ "json.py": "import json, sys\ndef main(): return json.dumps([1]), __name__\n" });
  assert.equal((await worker.run(shadow).report).outcome, "succeeded");
});

test("two versions of a name run side by side", async () => {
  const one = copyOf({ "same.py": "def main(): return 1\n" });
  const two = copyOf({ "same.py": "def main(): return 2\n" });
  const results = await Promise.all([one, two, one, two].map(async (copy) => (await worker.run(copy).report).result));
  assert.deepEqual(results, [1, 2, 1, 2]);
});

test("the child of a fork that comes back from the action answers no call, and takes none", async () => {
  for (const how of ["returns", "raises", "waits"]) {
    const { outcome, result, cpuMs } = await report("fork", how);
    assert.deepEqual([outcome, result], ["succeeded", "the parent"], how);
    assert.ok(cpuMs === undefined || cpuMs >= 0);
    await isFine();
  }
});
