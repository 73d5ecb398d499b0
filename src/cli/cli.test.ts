/**
 * Drives the program as a person does: as a process, with words, and looks at what it prints and how it exits. The server
 * is a scripted peer; test/integration/cli.test.ts drives the real one.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { quickStart } from "../../scripts/tool.ts";
import { json, startPeer } from "../client/testing.ts";
import { cliReference } from "./reference.ts";
import { COMMANDS } from "./program.ts";

const main = join(import.meta.dirname, "main.ts");
const root = mkdtempSync(join(tmpdir(), "octopus-cli-"));
mkdirSync(join(root, ".git"));
after(() => rmSync(root, { recursive: true }));

const base = {
  id: "t1",
  type: "shell",
  kind: "shell",
  arm: "default",
  priority: 5,
  attempt: 1,
  tags: [],
  needs: [],
  createdAt: "2026-01-01T00:00:00Z",
};
const task = {
  ...base,
  state: "failed",
  startedAt: "2026-01-01T00:00:00Z",
  endedAt: "2026-01-01T00:00:02.5Z",
  work: { kind: "shell", shell: { command: "false\u001b[31m" } },
  error: { message: "exited with code 1", kind: "exit" },
  exitCode: 1,
  attempts: [],
  artifacts: [],
  callbacks: [],
  deliveries: [],
};
const runView = {
  id: "r1",
  workflow: "etl",
  state: "failed",
  createdAt: "2026-01-01T00:00:00Z",
  startedAt: "2026-01-01T00:00:00Z",
  endedAt: "2026-01-01T00:00:03Z",
  counts: { failed: 1 },
  tasks: [{ ...task, name: "extract", run: "r1" }],
};

let peer: Awaited<ReturnType<typeof startPeer>>;
before(async () => {
  let next = 0;
  peer = await startPeer(({ method, path, body, headers }, response) => {
    const { pathname } = new URL(path, "http://x");
    if (pathname === "/version") return json(response, 200, { version: "0.0.0" });
    if (pathname === "/readyz")
      return json(response, 503, { code: "not_ready", detail: "it is recovering", status: 503 });
    if (method === "POST" && pathname === "/api/v1/tasks") {
      const isLines = headers["content-type"] === "application/x-ndjson";
      const count = isLines ? body.trim().split("\n").length : 1;
      const ids = Array.from({ length: count }, () => `t${++next}`);
      return json(response, 201, isLines ? { count, ids } : { id: ids[0], state: "queued" });
    }
    if (pathname === "/api/v1/tasks")
      return json(response, 200, { items: path.includes("state=queued") ? [] : [task] });
    if (pathname === "/api/v1/runs" && method === "POST") return json(response, 201, { id: "r1" });
    if (pathname === "/api/v1/runs/r1") return json(response, 200, runView);
    if (pathname.endsWith("/logs")) {
      const items = [
        ["stdout", "one\ntw"],
        ["stderr", "bad\n"],
        ["stdout", "o\n"],
      ].map(([stream, text], i) => ({ n: i + 1, attempt: 1, stream, at: "2026-01-01T00:00:00Z", text }));
      return json(response, 200, { items });
    }
    if (pathname === "/api/v1/feed")
      return void response.writeHead(200, { "content-type": "text/event-stream" }).write(": hi\n\n");
    if (/^\/api\/v1\/tasks\/t\d+$/.test(pathname))
      return json(response, 200, { ...task, id: pathname.split("/").at(-1) });
    return json(response, 404, {
      code: "not_found",
      detail: `there is no ${pathname}`,
      status: 404,
      title: "x",
      type: "x",
    });
  });
});
after(() => peer.stop());

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs the program in an empty folder, against the peer unless `env` says otherwise. */
function octopus(
  args: string[],
  options: { env?: Record<string, string>; stdin?: string; cwd?: string } = {},
): Promise<Ended> {
  const own = { PATH: process.env["PATH"]!, HOME: root, OCTOPUS_SERVER_URL: peer.url };
  const env = { ...quickStart, ...own, ...options.env };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env, cwd: options.cwd ?? root }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err });
    });
    child.stdin!.end(options.stdin ?? "");
  });
}

const lastBody = (path: string): unknown =>
  JSON.parse(peer.asked.findLast((one) => one.method === "POST" && one.path === path)!.body);

test("help is short and grouped; every command has its own", async () => {
  const { code, out } = await octopus(["--help"]);
  assert.equal(code, 0);
  assert.ok(out.split("\n").length <= 90);
  for (const word of ["Start:", "Work:", "Workflows:", "Look:", "Look after:", "Examples:"])
    assert.ok(out.includes(word), word);
  for (const { name } of COMMANDS) assert.match(out, new RegExp(`^  ${name}\\b`, "m"));
  assert.match((await octopus(["d", "--help"])).out, /Usage: octopus server/);
  assert.equal((await octopus([])).code, 0);
});

test("wrong words exit with 2 and name the nearest right one, also in JSON", async () => {
  const wrong = await octopus(["lss"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^octopus: unknown command 'lss' \(did you mean ls\?\)\n/);
  const elsewhere = await octopus(["kill", "t1"]);
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.err, /^octopus: unknown command 'kill': `octopus cancel ID` ends a task/);
  const before = await octopus(["--server", "http://127.0.0.1:1", "ls"]);
  assert.deepEqual([before.code, /--server stands after the command/.test(before.err)], [2, true]);
  const word = await octopus(["token", "create", "ci"]);
  assert.deepEqual([word.code, /create takes no words beside its options, not ci/.test(word.err)], [2, true]);
  assert.match((await octopus(["schedule", "list", "--help"])).out, /Usage: octopus schedule ls/);
  const within = await octopus(["schedule", "trigerr", "nightly"]);
  assert.equal(within.code, 2);
  assert.match(
    within.err,
    /octopus schedule has no command "trigerr" \(did you mean trigger\?\); its commands: ls, add/,
  );
  const asJson = await octopus(["dead", "reply", "-o", "json"]);
  assert.deepEqual([asJson.code, asJson.err], [2, ""]);
  assert.match(JSON.parse(asJson.out).error.message, /did you mean replay\?/);
  const flag = await octopus(["ls", "--stat", "x", "-o", "json"]);
  assert.equal(flag.code, 2);
  assert.equal(flag.err, "");
  assert.match(JSON.parse(flag.out).error.message, /--stat/);
  const state = await octopus(["ls", "--state", "faild", "-o", "json"]);
  assert.equal(state.code, 2);
  assert.match(JSON.parse(state.out).error.message, /did you mean failed\?/);
  const name = await octopus(["server", "--server-name", "a name with spaces"]);
  assert.deepEqual([name.code, /--server-name: cluster\.server must be a name/.test(name.err)], [2, true], name.err);
  const setting = await octopus(["status"], { env: { OCTOPUS_SERVER_PROT: "1" } });
  assert.equal(setting.code, 2);
  assert.match(setting.err, /did you mean OCTOPUS_SERVER_PORT\?/);
});

test("no server exits with 3, and says what to do", async () => {
  const nobody = { OCTOPUS_SERVER_URL: "http://127.0.0.1:1" };
  const table = await octopus(["status"], { env: nobody });
  assert.equal(table.code, 3);
  assert.match(table.err, /ECONNREFUSED.*octopus up/);
  const asJson = await octopus(["status", "-o", "json"], { env: nobody });
  assert.equal(asJson.code, 3);
  assert.equal(JSON.parse(asJson.out).error.code, "unreachable");
});

test("ls prints a table, one JSON value, or ids; control signs in names do not reach the terminal", async () => {
  const { out, err } = await octopus(["ls"]);
  assert.match(out, /^ID +STATE +TYPE +ARM +CREATED +TOOK +WHAT\nt1 +\S*failed/);
  assert.ok(out.includes("2.5s") && out.includes("false[31m") && !out.includes("\u001b[31mfalse"));
  assert.equal(err, "");
  assert.equal(JSON.parse((await octopus(["ps", "-o", "json"])).out).items[0].id, "t1");
  assert.equal((await octopus(["list", "-o", "quiet"])).out, "t1\n");
  const none = await octopus(["ls", "--state", "queued"]);
  assert.deepEqual([none.out, none.err], ["", "nothing matches\n"]);
  assert.ok(!(await octopus(["ls"], { env: { NO_COLOR: "1", FORCE_COLOR: "1" } })).out.includes("\u001b"));
});

test("submit quotes a command, and keeps one word as a command line", async () => {
  const { code, out } = await octopus([
    "submit",
    "--priority",
    "9",
    "--tag",
    "a,b",
    "--needs",
    "t1",
    "--env",
    "A=b=c",
    "--",
    "echo",
    "it's",
    "$HOME x",
  ]);
  assert.equal(code, 0);
  assert.match(out, /^t\d+ {2}queued\n$/);
  assert.deepEqual(lastBody("/api/v1/tasks"), {
    priority: 9,
    tags: ["a", "b"],
    needs: ["t1"],
    shell: { command: "echo 'it'\\''s' '$HOME x'", cwd: root, env: { A: "b=c" } },
  });
  await octopus(["submit", "--timeout", "5m", "--", "sort x | uniq"]);
  assert.deepEqual(lastBody("/api/v1/tasks"), { timeout: "5m", shell: { command: "sort x | uniq", cwd: root } });
  await octopus(["submit", "--call", "f", "--input", '{"a":1}']);
  assert.deepEqual(lastBody("/api/v1/tasks"), { call: "f", input: { a: 1 } });
  assert.equal((await octopus(["submit", "--call", "f", "--", "echo"])).code, 2);
  assert.match(
    (await octopus(["submit", "--priority", "11", "--", "x"])).err,
    /--priority must be a whole number from 0 to 10, not "11"/,
  );
});

/** The tasks of the newest bulk request. */
const lastLines = (): { shell?: { env: object; command: string }; input?: unknown; id?: string }[] =>
  peer.asked
    .findLast((one) => one.headers["content-type"] === "application/x-ndjson")!
    .body.trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("submit makes many from numbers, lines and JSON", async () => {
  const array = await octopus(["submit", "--array", "3-5", "--id", "job", "-o", "json", "--", "echo", "x"]);
  assert.equal(JSON.parse(array.out).count, 3);
  assert.deepEqual(
    lastLines().map(({ id, shell }) => [id, shell!.env]),
    [3, 4, 5].map((i) => [`job-${i}`, { OCTOPUS_ARRAY_INDEX: String(i) }]),
  );
  await octopus(["submit", "--each-line", "--", "gzip"], { stdin: "a b\n\nc\n" });
  assert.deepEqual(
    lastLines().map(({ shell }) => shell!.env),
    [{ OCTOPUS_LINE: "a b" }, { OCTOPUS_LINE: "c" }],
  );
  await octopus(["submit", "--call", "f", "--each-line"], { stdin: '{"a":1}\nx\n' });
  assert.deepEqual(
    lastLines().map(({ input }) => input),
    [{ a: 1 }, "x"],
  );
  for (const text of [
    '[{"call":"a"},\n{"call":"b"}]',
    '{"call":"a"}\n{"call":"b"}\n',
    '\n{"call":"a"}\n\n{"call":"b"}',
  ]) {
    assert.match((await octopus(["submit", "--from-json", "-"], { stdin: text })).out, /^2 tasks: t\d+ to t\d+\n$/);
  }
  assert.match((await octopus(["submit", "--from-json", "-"], { stdin: '{\n "call": "a"\n}\n' })).out, /^t\d+\n$/);
  writeFileSync(join(root, "tasks.ndjson"), '{"call":"a"}\n7\n');
  const bad = await octopus(["submit", "--from-json", "tasks.ndjson"]);
  assert.equal(bad.code, 2);
  assert.match(bad.err, /tasks\.ndjson:2 must be a task/);
  assert.match((await octopus(["submit", "--from-json", "nowhere"])).err, /cannot read nowhere: it does not exist/);
  assert.match((await octopus(["submit", "--array", "5-1", "--", "x"])).err, /--array must read from-to/);
});

test("wait and submit --wait exit with the outcome", async () => {
  const waited = await octopus(["wait", "t1", "r1"]);
  assert.equal(waited.code, 1);
  assert.match(waited.out, /t1 {2}failed {2}2\.5s {2}exited with code 1\nr1 {2}failed {2}3s/);
  assert.equal((await octopus(["submit", "--wait", "--", "false"])).code, 1);
  assert.equal((await octopus(["wait", "t1", "--timeout", "soon"])).code, 2);
});

test("logs are bytes for a task and named lines for a run; last and r1/name are understood", async () => {
  assert.equal((await octopus(["logs", "t1"])).out, "one\ntwbad\no\n");
  assert.equal((await octopus(["logs", "last"])).out, "one\ntwbad\no\n");
  assert.equal((await octopus(["logs", "r1"])).out, "extract | one\nextract | bad\nextract | two\n");
  assert.match((await octopus(["show", "r1/extract"])).out, /exited with code 1/);
  const typo = await octopus(["show", "r1/extrat"]);
  assert.match(typo.err, /run r1 has no task "extrat" \(did you mean extract\?\)/);
  assert.equal(JSON.parse((await octopus(["logs", "r1", "-o", "json"])).out).items.length, 3);
});

test("run prints plain lines, the failed task's output and a summary, and exits with the outcome", async () => {
  writeFileSync(join(root, "flow.yaml"), "tasks: {extract: 'false'}\n");
  const { code, out } = await octopus(["run", "flow.yaml", "-p", "n=3", "-p", "day=monday"]);
  assert.equal(code, 1);
  assert.match(
    out,
    /^\d\d:\d\d:\d\d {2}extract {2}failed {2}2\.5s {2}exited with code 1\nr1 etl {2}failed {2}1\/1 ended, 1 failed {2}3s\n\nextract failed: exited with code 1\n {2}one\n {2}twbad\n {2}o\n$/,
  );
  assert.deepEqual(lastBody("/api/v1/runs"), {
    definition: "tasks: {extract: 'false'}\n",
    source: "flow.yaml",
    cwd: root,
    params: { n: 3, day: "monday" },
  });
  assert.equal(JSON.parse((await octopus(["run", "flow.yaml", "-o", "json"])).out).id, "r1");
  assert.equal((await octopus(["run", "nowhere.yaml"])).code, 2);
});

test("several ids: one that is refused does not keep the others from it", async () => {
  const { code, out, err } = await octopus(["cancel", "t1", "r1"]);
  assert.equal(code, 1);
  assert.equal(out, "");
  assert.match(err, /there is no \/api\/v1\/tasks\/t1\/cancel\noctopus: there is no \/api\/v1\/runs\/r1\/cancel/);
});

test("config shows values with their origins", async () => {
  const cwd = join(root, "conf");
  mkdirSync(join(cwd, ".git"), { recursive: true });
  writeFileSync(join(cwd, "octopus.yaml"), "tasks:\n  retries: 2\n");
  const { out } = await octopus(["config"], { cwd });
  assert.match(out, /tasks\.retries +2 +octopus\.yaml:2\n/);
  assert.match(out, /server\.url +http:\S+ +OCTOPUS_SERVER_URL\n/);
  const { settings } = JSON.parse((await octopus(["config", "-o", "json"], { cwd })).out);
  assert.deepEqual(
    settings.find(({ key }: { key: string }) => key === "tasks.retries"),
    { key: "tasks.retries", value: "2", origin: "octopus.yaml:2" },
  );
});

test("healthcheck and version", async () => {
  assert.equal((await octopus(["healthcheck"])).code, 3);
  assert.match((await octopus(["version"])).out, /^octopus \d+\.\d+\.\d+ \(Node /);
  assert.match((await octopus(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
});

test("completion scripts are sound in the shells that are here, and complete", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await octopus(["completion", shell]);
    assert.equal(code, 0);
    for (const { name } of COMMANDS) assert.ok(out.includes(name), `${shell} ${name}`);
  }
  const { out: script } = await octopus(["completion", "bash"]);
  const ask = (words: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const code = `${script}\nCOMP_WORDS=(octopus ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _octopus; echo "\${COMPREPLY[@]}"`;
      execFile("bash", ["-c", code], (error, out) => (error ? reject(error) : resolve(out.trim())));
    });
  assert.equal(await ask("exp"), "explain");
  assert.equal(await ask("ls --sta"), "--state");
  assert.equal(await ask("ls --state upst"), "upstream_failed");
  assert.equal(await ask("arms pau"), "pause");
  assert.equal(await ask("schedule add nightly --ove"), "--overlap");
  assert.equal(await ask("schedule add nightly --overlap ski"), "skip");
  assert.equal(await ask("arm set builds --weig"), "--weight");
  assert.equal((await octopus(["completion", "tcsh"])).code, 2);
});

test("a reader that leaves early is no failure", async () => {
  const env = { PATH: process.env["PATH"]!, OCTOPUS_SERVER_URL: peer.url };
  const child = spawn(process.execPath, [main, "completion", "fish"], {
    env,
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on("exit", resolve));
  assert.equal(code, 0);
});

test("docs/reference/cli.md is fresh (else: node scripts/write-reference.ts)", () => {
  const path = join(import.meta.dirname, "../../docs/reference/cli.md");
  assert.equal(readFileSync(path, "utf8"), cliReference());
});
