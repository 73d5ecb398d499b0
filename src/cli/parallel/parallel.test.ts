// octopus parallel as people run it; beside GNU parallel where that is installed.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, ready } from "../../../test/server-process.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "octopus-parallel-test-"));
after(() => rmSync(scratch, { recursive: true }));
const env = { ...process.env, PARALLEL_SHELL: "/bin/sh" };
const skip = process.platform === "win32";

interface Ended {
  code: number;
  out: string;
  err: string;
}

async function end(child: ChildProcess, input: string): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin!.on("error", () => undefined).end(input);
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

function start(words: string[]): ChildProcess {
  return spawn(process.execPath, [main, "parallel", ...words], { cwd: scratch, env });
}

const octopus = (words: string[], input = ""): Promise<Ended> => end(start(words), input);
const gnu = (words: string[], input = ""): Promise<Ended> =>
  end(spawn("parallel", ["--will-cite", ...words], { cwd: scratch, env }), input);

const hasGnu = spawnSync("parallel", ["--version"]).stdout?.toString().startsWith("GNU parallel") ?? false;

/** Each with what it reads from standard input. Output of jobs that run at once is compared in order (`-k`, `-j1`). */
const LINES: [string[], string?][] = [
  [["-k", "echo", "{#}", "{}"], "a b\n$HOME\n'q' \"d\"\n\nü"],
  [["-k", "-j1", "echo {1} {2/} {%}", ":::", "x y", "z", ":::", "/a/b", "c"]],
  [["-k", "--tag", "echo {}; printf 'no end'", ":::", "1", "x y"]],
  [["-k", "--tagstring", "<{#}>", "echo {}; echo x", ":::", "1", "2"]],
  [["-j1", "-v", "echo", ":::", "1", "2 3"]],
  [["-k"], "echo 1; exit 3\necho '2  3'\nexit 1"],
  [["-k", "-N2", "echo", "{2}", "{1}"], "1\n2\n3\n"],
  [["-k", "-N0", "echo hi"], "1\n2\n"],
  [["-j1", "-X", "echo x{}y"], "1\n2\n3\n"],
  [["-k", "-q", "printf", "%s|", "a  b", "$x", "{}"], "v w\n"],
  [["-k", "--colsep", ",", "echo {2}-{1}"], "a,b c\nd,e\n"],
  [["-j1", "--halt", "now,fail=1", "echo {}; exit {}", ":::", "0", "4", "0"]],
  [["-j1", "--halt", "soon,fail=50%", "echo {}; exit {}", ":::", "0", "4", "5", "6", "0"]],
  [["-j1", "--halt", "now,success=1", "echo {}; exit {}", ":::", "3", "0", "5"]],
  [["--dry-run", "-k", "cp {} {.}.bak {//}/{/.}", ":::", "a/b.c", "it's.x"]],
  [["-k", "kill -9 $$; echo", ":::", "1", "2"]],
  [["-k", "nosuchcommand", ":::", "1"]],
  [["-k", "-r", "echo", "x{}"], "\na\n\n"],
];

test(
  "the same command lines print the same, and exit with the same, as those of GNU parallel",
  { skip: skip || !hasGnu },
  async () => {
    for (const [words, input] of LINES) {
      const [ours, theirs] = await Promise.all([octopus(words, input), gnu(words, input)]);
      assert.deepEqual([ours.out, ours.code], [theirs.out, theirs.code], `${words.join(" ")}\n${ours.err}`);
    }
  },
);

test("GNU parallel goes on with our job log, and octopus parallel with its", { skip: skip || !hasGnu }, async () => {
  const words = ["-k", "--joblog", "log", "echo {}; exit {}", ":::", "0", "1", "0", "2"];
  const again = ["-k", "--joblog", "log", "--resume-failed", "echo again {}", ":::", "0", "1", "0", "2"];
  for (const [first, second] of [
    [octopus, gnu],
    [gnu, octopus],
  ] as const) {
    assert.equal((await first(words)).code, 2);
    const { out, code } = await second(again);
    assert.deepEqual([out, code], ["again 1\nagain 2\n", 0]);
    rmSync(join(scratch, "log"));
  }
});

test("--joblog, --resume and --retries: what is done is not done again", { skip }, async () => {
  const words = ["-j2", "--joblog", "jobs.log", "--resume", "--retries", "2", "echo {} >> ran; [ {} != 2 ]"];
  assert.equal((await octopus(words, "1\n2\n")).code, 1);
  assert.deepEqual(readFileSync(join(scratch, "ran"), "utf8").split("\n").toSorted(), ["", "1", "2", "2"]);
  assert.equal((await octopus(words, "1\n2\n3\n")).code, 0);
  assert.match(readFileSync(join(scratch, "ran"), "utf8"), /3\n$/);
  assert.equal(readFileSync(join(scratch, "jobs.log"), "utf8").trim().split("\n").length, 4);
});

test(
  "kill -9 in the middle: the next --resume does what is left, and nothing twice that is in the log",
  { skip },
  async () => {
    const words = ["-j2", "--joblog", "killed.log", "--resume", "echo {} >> lines"];
    const input = Array.from({ length: 300 }, (_, i) => i + 1).join("\n");
    const log = join(scratch, "killed.log");
    const child = start(words);
    child.stdin!.on("error", () => undefined).end(input);
    const seen = (): number => (existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 2 : 0);
    while (seen() < 20) await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
    await once(child, "close");
    assert.ok(seen() < 300, "it was not too late");
    assert.equal((await octopus(words, input)).code, 0);
    const lines = readFileSync(join(scratch, "lines"), "utf8").trim().split("\n");
    assert.deepEqual(
      [...new Set(lines)].map(Number).toSorted((a, b) => a - b),
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
    assert.ok(lines.length <= 300 + 2, `${lines.length} lines: only what ran when it was killed may run again`);
  },
);

test("--timeout stops a job and everything it started; --halt now those that still run", { skip }, async () => {
  const late = await octopus(["--timeout", "0.3", "--joblog", "late.log", "sleep {} & wait", ":::", "0", "1000"]);
  assert.equal(late.code, 1);
  assert.match(late.err, /job 2 failed: it was stopped: its time was over: sleep 1000 & wait/);
  assert.match(readFileSync(join(scratch, "late.log"), "utf8"), /^2\t.*\t-1\t15\tsleep 1000/m);
  const begun = performance.now();
  const halted = await octopus(["-j2", "--halt", "now,fail=1", "echo {}; sleep {}; exit 7", ":::", "1000", "0"]);
  assert.deepEqual([halted.code, halted.out], [7, "0\n"]);
  assert.ok(performance.now() - begun < 20_000);
});

test("Ctrl-C stops what runs and exits with 130", { skip }, async () => {
  const child = start(["-u", "-j2", "echo up; sleep 1000; echo", ":::", "1", "2", "3"]);
  const ended = end(child, "");
  let said = "";
  child.stdout!.on("data", (text: string) => {
    said += text;
    if (said === "up\nup\n") child.kill("SIGINT");
  });
  const { code, out } = await ended;
  assert.deepEqual([code, out], [130, "up\nup\n"]);
});

test("output larger than a pipe goes through whole, and a reader that leaves ends it", { skip }, async () => {
  const whole = await octopus(["-k", "head -c 5000000 /dev/zero | tr '\\0' {}", ":::", "a", "b"]);
  assert.deepEqual([whole.out.length, whole.out[0], whole.out.at(-1)], [10_000_000, "a", "b"]);
  const child = start(["-u", "yes {}", ":::", "x"]);
  child.stdout!.once("data", () => child.stdout!.destroy());
  child.stdin!.end();
  const [code] = (await once(child, "exit")) as [number];
  assert.equal(code, 0);
});

test("--results, --workdir, --delay and variables of the job", { skip }, async () => {
  const words = [
    "--results",
    "res",
    "--workdir",
    "/",
    "--delay",
    "0.05",
    "pwd; echo $PARALLEL_SEQ {} >&2",
    ":::",
    "a/b",
    "c",
  ];
  const { code, out } = await octopus(words);
  assert.deepEqual([code, out], [0, "/\n/\n"]);
  const read = (name: string): string => readFileSync(join(scratch, "res", "1", name), "utf8");
  assert.deepEqual([read("a\\_b/stdout"), read("a\\_b/stderr"), read("c/seq")], ["/\n", "1 a/b\n", "2"]);
});

test("what is wrong is said before anything runs", { skip }, async () => {
  writeFileSync(join(scratch, "is-file"), "");
  const rows: [string[], RegExp][] = [
    [["--jobs", "x", "echo", ":::", "1"], /--jobs must be a number/],
    [["--resume", "echo", ":::", "1"], /need the --joblog/],
    [["--joblog", "no/such/folder", "echo", ":::", "1"], /cannot write the job log no\/such\/folder: ENOENT/],
    [["--pipe", "wc"], /unknown option '--pipe'/],
    [["echo", "::::", "gone"], /cannot read gone: it does not exist/],
  ];
  for (const [words, message] of rows) {
    const { code, err, out } = await octopus(words);
    assert.equal(code, 2, words.join(" "));
    assert.match(err, message);
    assert.equal(out, "");
  }
});

test("with --server each job is a task there, and says the same", { skip }, async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const up = [main, "up", "--port", String(port), "--no-demo", "--slots", "4", "--data", join(scratch, "data")];
  const server = spawn(process.execPath, up, { cwd: scratch, env, stdio: "ignore" });
  try {
    await ready(url, server);
    const words = [
      "--server",
      url,
      "-k",
      "--tag",
      "--joblog",
      "remote.log",
      "echo o{}; echo e >&2; exit {}",
      ":::",
      "0",
      "3",
      "0",
    ];
    const { code, out, err } = await octopus(words);
    assert.deepEqual([code, out, err], [1, "0\to0\n3\to3\n0\to0\n", "0\te\n3\te\n0\te\n"]);
    assert.match(
      readFileSync(join(scratch, "remote.log"), "utf8"),
      new RegExp(`^2\\t127.0.0.1:${port}\\t.*\\t3\\t0\\t`, "m"),
    );
    const listed = (await (await fetch(`${url}/api/v1/tasks?limit=10`)).json()) as { items: { state: string }[] };
    assert.deepEqual(listed.items.map(({ state }) => state).toSorted(), ["failed", "succeeded", "succeeded"]);
    const late = await octopus(["--server", url, "--timeout", "0.5", "sleep {}", ":::", "1000"]);
    assert.deepEqual(
      [late.code, late.err],
      [1, "octopus parallel: job 1 failed: it was stopped: its time was over: sleep 1000\n"],
    );
    const halted = await octopus(["--server", url, "--halt", "now,fail=1", "sleep {}; exit 5", ":::", "1000", "0"]);
    assert.equal(halted.code, 5);
    const open = async (): Promise<number> => {
      const live = await fetch(`${url}/api/v1/tasks?state=running,queued&limit=10`);
      return ((await live.json()) as { items: unknown[] }).items.length;
    };
    const begun = Date.now();
    while ((await open()) > 0) assert.ok(Date.now() - begun < 20_000, "what was stopped here is stopped there");
  } finally {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
});
