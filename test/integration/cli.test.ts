/** The command line against a real server: every process is the program itself. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { quickStart } from "../../scripts/tool.ts";

const main = join(import.meta.dirname, "../../src/cli/main.ts");
const root = mkdtempSync(join(tmpdir(), "octopus-cli-real-"));
mkdirSync(join(root, ".git"));
const data = join(root, "data");

const baseEnv = { ...quickStart, PATH: process.env["PATH"]!, HOME: root };
let url = "";
let up: ChildProcess;

/** Starts the program and resolves with the first thing that `pattern` finds in a line of its output. */
function startAndFind(
  args: string[],
  pattern: RegExp,
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; found: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...baseEnv, ...env },
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let err = "";
    child.stderr.on("data", (bytes: Buffer) => (err = (err + bytes.toString()).slice(-4096)));
    child.on("exit", (code) => reject(new Error(`ended with ${code}: ${err}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = pattern.exec(line);
      if (match) resolve({ child, found: match[0] });
    });
  });
}

before(async () => {
  const started = await startAndFind(
    ["up", "--port", "0", "--data", data, "--no-demo", "--slots", "4"],
    /http:\/\/\S+/,
  );
  up = started.child;
  url = started.found;
});

after(async () => {
  if (up !== undefined && up.exitCode === null) {
    up.kill("SIGKILL");
    await new Promise((resolve) => up.once("exit", resolve));
  }
  rmSync(root, { recursive: true });
});

interface Ended {
  code: number;
  out: string;
  err: string;
}

function octopus(args: string[], options: { stdin?: string; env?: Record<string, string> } = {}): Promise<Ended> {
  const env = { ...baseEnv, OCTOPUS_SERVER_URL: url, ...options.env };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env, cwd: root }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err });
    });
    child.stdin!.end(options.stdin ?? "");
  });
}

const workflow = `name: flow
params: {word: hello}
tasks:
  first: echo "$OCTOPUS_PARAM_word" > word.txt
  second: {shell: 'cat word.txt; echo oops >&2; exit 4', needs: first}
  third: {shell: echo never, needs: second}
  other: {shell: cat word.txt, needs: first}
`;

test("submit, follow, show, logs, explain, retry and rm of one task", async () => {
  const followed = await octopus(["submit", "-f", "--name", "greet", "--", "printf '%s\\n' one two; exit 3"]);
  assert.deepEqual([followed.code, followed.out], [1, "one\ntwo\n"]);
  assert.match(followed.err, /greet|exited with code 3/);
  const shown = JSON.parse((await octopus(["show", "last", "-o", "json"])).out);
  assert.deepEqual([shown.state, shown.exitCode, shown.attempts.length], ["failed", 3, 1]);
  assert.equal((await octopus(["logs", shown.id])).out, "one\ntwo\n");
  assert.match((await octopus(["logs", "-t", shown.id])).out, /^\d\d:\d\d:\d\d {2}one\n/);
  assert.equal((await octopus(["explain", shown.id])).code, 0);
  assert.equal((await octopus(["retry", shown.id])).code, 0);
  assert.equal((await octopus(["wait", shown.id])).code, 1);
  assert.equal(JSON.parse((await octopus(["show", shown.id, "-o", "json"])).out).attempts.length, 2);
  assert.equal((await octopus(["rm", shown.id])).out, `${shown.id}  removed\n`);
  const gone = await octopus(["show", shown.id, "-o", "json"]);
  assert.deepEqual([gone.code, JSON.parse(gone.out).error.code], [1, "not_found"]);
});

test("a command runs where it was submitted, with its words as they were", async () => {
  assert.equal(
    (await octopus(["submit", "-f", "--", "sh", "-c", 'echo "$0" "$1" && pwd', "a b", "it's $HOME"])).out,
    `a b it's $HOME\n${root}\n`,
  );
});

test("exit codes: timed out, cancelled, refused, a wait that was too short", async () => {
  const late = await octopus(["submit", "--timeout", "100ms", "--wait", "--", "sleep 60"]);
  assert.equal(late.code, 124);
  assert.match(late.out, /failed {2}timed out after 100ms/);
  const id = (await octopus(["submit", "-o", "quiet", "--", "sleep", "60"])).out.trim();
  assert.equal((await octopus(["wait", id, "--timeout", "50ms"])).code, 124);
  assert.equal((await octopus(["cancel", id, "--reason", "enough"])).code, 0);
  const waited = await octopus(["wait", id]);
  assert.equal(waited.code, 1);
  assert.match(waited.out, /cancelled/);
  const twice = await octopus(["cancel", id, "-o", "json"]);
  assert.deepEqual([twice.code, JSON.parse(twice.out).error.code], [1, "conflict"]);
  const refused = await octopus(["submit", "--from-json", "-"], { stdin: '{"shell":"x"}\n{"shel":"x"}\n' });
  assert.equal(refused.code, 2);
  assert.match(refused.err, /shel\b.*did you mean shell\?/);
});

test("an id of one's own makes a submission repeatable", async () => {
  const submit = (...command: string[]) => octopus(["submit", "--id", "nightly", "-o", "json", "--", ...command]);
  assert.equal(JSON.parse((await submit("true")).out).id, "nightly");
  assert.equal(JSON.parse((await submit("true")).out).existed, true);
  const other = await submit("false");
  assert.deepEqual([other.code, JSON.parse(other.out).error.code], [1, "conflict"]);
  assert.equal((await octopus(["wait", "nightly"])).code, 0);
});

test("an interrupt of submit -f leaves the task to the server, and says so", async () => {
  const { child } = await startAndFind(["submit", "-f", "--id", "left", "--", "echo begun; sleep 60"], /begun/, {
    OCTOPUS_SERVER_URL: url,
  });
  child.removeAllListeners("exit");
  let said = "";
  child.stderr!.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const code = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGINT");
  assert.equal(await code, 130);
  assert.match(said, /left goes on; .*octopus cancel left/);
  assert.equal(JSON.parse((await octopus(["show", "left", "-o", "json"])).out).state, "running");
  assert.equal((await octopus(["cancel", "left"])).code, 0);
});

test("arrays and lines reach their commands", async () => {
  const array = await octopus([
    "submit",
    "--array",
    "1-5",
    "--wait",
    "--tag",
    "array",
    "--",
    'echo "n$OCTOPUS_ARRAY_INDEX"',
  ]);
  assert.deepEqual([array.code, array.out], [0, "5 of 5 tasks succeeded\n"]);
  const ids = (await octopus(["ls", "--tag", "array", "-o", "quiet"])).out.trim().split("\n");
  assert.equal((await octopus(["logs", ids[0]!])).out, "n5\n");
  assert.equal(
    (await octopus(["submit", "--each-line", "--wait", "--", 'test "$OCTOPUS_LINE" = "a  b"'], { stdin: "a  b\n" }))
      .code,
    0,
  );
});

test("run shows each end once, prints the failed task's output, and says the outcome", async () => {
  writeFileSync(join(root, "flow.yaml"), workflow);
  const { code, out } = await octopus(["run", "flow.yaml", "-p", "word=salut"]);
  assert.equal(code, 1);
  for (const line of [/first {3}succeeded/, /second {2}failed/, /third {3}upstream_failed/, /other {3}succeeded/]) {
    assert.equal(out.split("\n").filter((one) => line.test(one)).length, 1, `${line}\n${out}`);
  }
  assert.match(out, /r\d+ flow {2}failed {2}4\/4 ended, 1 failed/);
  assert.match(out, /second failed: exited with code 4.*\n {2}salut\n {2}oops\n/);
  assert.match((await octopus(["logs", "-f", "last"])).out, /other {2}\| salut/);
  assert.match((await octopus(["show", "last"])).out, /second/);
  const explained = await octopus(["explain", "r1"]);
  assert.equal(explained.code, 0);
  assert.match(explained.out, /r1 {2}the run is failed\n {2}1 failed: exited with code 4.*\n {4}second \(t\d+\)/);
  const [first] = JSON.parse((await octopus(["ls", "--runs", "-o", "json"])).out).items;
  assert.deepEqual([first.workflow, first.state], ["flow", "failed"]);
});

test("a run that runs out of time is ended by the server, watched or not", async () => {
  writeFileSync(join(root, "late.yaml"), "name: late\ntasks: {slow: sleep 60, after: {shell: 'true', needs: slow}}\n");
  const watched = await octopus(["run", "late.yaml", "--timeout", "300ms"]);
  assert.equal(watched.code, 124, watched.out + watched.err);
  const id = (await octopus(["run", "late.yaml", "--timeout", "300ms", "--detach", "-o", "quiet"])).out.trim();
  const waited = await octopus(["wait", id]);
  assert.equal(waited.code, 124, waited.out);
  assert.match((await octopus(["show", id])).out, /ran out of time/);
});

test("a workflow with a mistake is refused with its line", async () => {
  writeFileSync(join(root, "bad.yaml"), "tasks:\n  a: {shell: x, needs: b}\n");
  const { code, err } = await octopus(["run", "bad.yaml"]);
  assert.equal(code, 2);
  assert.match(err, /bad\.yaml:2/);
});

test("an interrupt cancels the run and exits with 130", async () => {
  writeFileSync(join(root, "slow.yaml"), "name: slow\ntasks: {quick: 'true', slow: {shell: sleep 60, needs: quick}}\n");
  const { child } = await startAndFind(["run", "slow.yaml"], /quick {2}succeeded/, { OCTOPUS_SERVER_URL: url });
  child.removeAllListeners("exit");
  const code = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  assert.equal(await code, 130);
  const run = JSON.parse((await octopus(["show", "last", "-o", "json"])).out);
  assert.equal(run.state, "cancelled");
});

test("with no server, run works in its own process on its own data", async () => {
  writeFileSync(join(root, "fine.yaml"), "name: fine\ntasks: {a: echo hi}\n");
  const nobody = { OCTOPUS_SERVER_URL: "" };
  const env = { ...baseEnv };
  const local = await new Promise<Ended>((resolve) => {
    execFile(
      process.execPath,
      [main, "run", "fine.yaml", "--data", join(root, "own")],
      { env, cwd: root },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
  assert.deepEqual([local.code, local.err], [0, ""], local.err);
  assert.match(local.out, /a {5}succeeded.*\nr1 fine {2}succeeded/);
  assert.ok(existsSync(join(root, "own", "octopus.db")));
  assert.equal((await octopus(["run", "fine.yaml"], { env: nobody })).code, 2);
});

test("status, doctor, healthcheck, backup", async () => {
  assert.match((await octopus(["status"])).out, /ready, version \d/);
  assert.equal((await octopus(["healthcheck"])).code, 0);
  const doctor = await octopus(["doctor", "--data", data, "-o", "json"]);
  assert.deepEqual(
    JSON.parse(doctor.out).findings.filter(({ result }: { result: string }) => result !== "ok"),
    [],
    doctor.out,
  );
  const copy = JSON.parse((await octopus(["backup", "copy.db", "-o", "json"])).out);
  assert.ok(copy.bytes > 0 && existsSync(join(root, "copy.db")));
  assert.equal((await octopus(["backup", "copy.db"])).code, 1);
});

test("a second server on the same data is refused with the pid of the first; TERM stops the first", async () => {
  const env = { ...baseEnv };
  const second = await new Promise<Ended>((resolve) => {
    execFile(process.execPath, [main, "server", "--port", "0", "--data", data], { env, cwd: root }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
  assert.equal(second.code, 3);
  assert.match(second.err, new RegExp(`in use by process ${up.pid}\\b`));
  up.removeAllListeners("exit");
  const code = new Promise((resolve) => up.once("exit", resolve));
  up.kill("SIGTERM");
  assert.equal(await code, 0);
  assert.equal((await octopus(["status"])).code, 3);
});
