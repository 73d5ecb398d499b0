/** Plugins in a sandbox: what the kernel of this machine can keep them from, it does. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test, type TestContext } from "node:test";
import type { AttemptReport } from "../../protocol/link.ts";
import type { PluginWork } from "../../protocol/work/plugin.ts";
import type { SandboxPart } from "../../protocol/work/sandbox-parts.ts";
import type { AttemptContext } from "../executor.ts";
import { detectSandbox } from "../sandbox/detect.ts";
import { copyOf, type TestWorker, testWorker, written } from "./testing.ts";

let worker: TestWorker;
before(async () => {
  worker = await testWorker();
});
after(() => worker.close());

const PYTHON = copyOf({
  "kept.py": `
import os, socket, subprocess, tempfile
def network():
    with socket.socket() as s:
        s.settimeout(1)
        try: s.connect(("127.0.0.1", int(os.environ["PORT"])))
        except OSError as error: return type(error).__name__
    return "connected"
def write(path):
    try: open(path, "w").close()
    except OSError as error: return error.strerror
    return "written"
def own():
    with tempfile.NamedTemporaryFile("w") as file: file.write("x")
    return "written"
def pids(): return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
def memory(): return len(bytearray(2_000_000_000))
def leaves():
    subprocess.Popen(["sleep", "4234567"])
    return os.getpid()
def prints(i): print("out", i); return os.getpid()
def user(): return os.getuid()
def keeps(path):
    import octopus
    octopus.artifact("kept.txt", file=path)
def asks(path):
    import octopus
    octopus._ask({"what": "artifact", "path": "stolen", "file": path})
`,
});
const TYPESCRIPT = copyOf({
  "kept.ts": `
import { writeFileSync } from "node:fs";
export function write(path: string) { try { writeFileSync(path, "x"); } catch (error: any) { return error.code; } return "written"; }
export const prints = (i: number) => { console.log("out", i); return process.pid; };
export const keeps = (path: string, context: any) => context.artifact("kept.txt", { file: path });
export async function waits() { await new Promise(() => setInterval(() => {}, 1000)); }
`,
});

type Sandbox = NonNullable<PluginWork["sandbox"]>;

async function needs(t: TestContext, ...parts: SandboxPart[]): Promise<boolean> {
  const { can, why } = await detectSandbox();
  const missing = parts.find((part) => !can.has(part));
  if (missing !== undefined) t.skip(`sandbox.${missing}: ${why.get(missing)}`);
  return missing === undefined;
}

const run = (copy: typeof PYTHON, action: string, sandbox: Sandbox, args: unknown[] = []) =>
  worker.run(copy, { action, sandbox, args: args as never[], env: { PORT: "9" } });

test("files are read-only, but for its own", async (t) => {
  if (!(await needs(t, "files"))) return;
  const sandbox: Sandbox = { files: "readonly" };
  assert.equal((await run(PYTHON, "write", sandbox, [`${worker.dir}/x`]).report).result, "Read-only file system");
  assert.equal((await run(PYTHON, "own", sandbox).report).result, "written");
  assert.equal((await run(TYPESCRIPT, "write", sandbox, [`${worker.dir}/x`]).report).result, "EROFS");
});

test("no network, and processes of its own that end with it", async (t) => {
  if (!(await needs(t, "network", "processes"))) return;
  const sandbox: Sandbox = { network: "none", processes: "own" };
  assert.notEqual((await run(PYTHON, "network", sandbox).report).result, "connected");
  const { result } = await run(PYTHON, "pids", sandbox).report;
  assert.ok((result as number[]).length < 6, JSON.stringify(result));
  const leaving = run(PYTHON, "leaves", sandbox);
  assert.equal((await leaving.report).outcome, "succeeded");
  const calls = Array.from({ length: 10 }, (_, i) => run(PYTHON, "prints", sandbox, [i]));
  for (const [i, call] of calls.entries()) {
    assert.equal((await call.report).outcome, "succeeded");
    assert.equal(written(call), `out ${i}\n`);
  }
});

test("a call in a sandbox is stopped like any other", async (t) => {
  if (!(await needs(t, "network", "processes", "files"))) return;
  const sandbox: Sandbox = { network: "none", processes: "own", files: "readonly" };
  const begun = worker.run(TYPESCRIPT, { action: "waits", sandbox, grace: 50 });
  await worker.run(TYPESCRIPT, { action: "prints", args: [1], sandbox }).report;
  begun.stop("timed_out");
  assert.equal((await begun.report).outcome, "timed_out");
});

test("memory ends in words", async (t) => {
  if (!(await needs(t, "limits"))) return;
  const { error } = await run(PYTHON, "memory", { memory: 512 * 1024 * 1024 }).report;
  assert.match(error!.message, /^MemoryError: no memory is left for it \(sandbox\.memory, or the machine\)/);
  assert.equal(error!.kind, "MemoryError");
});

test("the worker opens no file for a plugin in a sandbox: it sends its content itself", async (t) => {
  if (!(await needs(t, "limits"))) return;
  const file = `${worker.dir}/secret`;
  writeFileSync(file, "content");
  const kept: string[] = [];
  const keepFile: AttemptContext["keepFile"] = async (_, source) => {
    kept.push("content" in source ? Buffer.from(source.content).toString() : "the worker's own look");
  };
  const sandbox: Sandbox = { openFiles: 64 };
  for (const copy of [PYTHON, TYPESCRIPT]) {
    const report: AttemptReport = await worker.run(copy, { action: "keeps", sandbox, args: [file] }, { keepFile })
      .report;
    assert.equal(report.outcome, "succeeded", JSON.stringify(report));
  }
  assert.deepEqual(kept, ["content", "content"]);
  const { error }: AttemptReport = await worker.run(PYTHON, { action: "asks", sandbox, args: [file] }, { keepFile })
    .report;
  assert.match(error!.message, /the worker opens no files for a sandbox/);
});

test("what this machine cannot do is refused with words, for another worker to try", async () => {
  const { outcome, error } = await run(PYTHON, "user", { user: "nobody-of-that-name" }).report;
  assert.equal(outcome, "refused");
  assert.match(error!.message, /nobody-of-that-name|cannot start a command as another user/);
});
