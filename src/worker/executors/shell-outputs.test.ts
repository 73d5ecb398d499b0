// Outputs of real commands: $OCTOPUS_OUTPUT and standard output, all the way to the report.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { attempt, type Logged } from "../../../test/conformance/executor.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import { ShellWork } from "../../protocol/work/shell.ts";
import { createShellExecutor } from "./shell.ts";

const filesDir = join(mkdtempSync(join(tmpdir(), "octopus-outputs-")), "left");
const executor = createShellExecutor({ filesDir });
after(async () => {
  await executor.close!();
  rmSync(join(filesDir, ".."), { recursive: true });
});

type Given = (typeof ShellWork)["_input"];

async function run(command: string, options: Partial<Given> = {}): Promise<AttemptReport & { log: Logged[] }> {
  const running = attempt(executor, { kind: "shell", shell: ShellWork.parse({ command, ...options }) });
  const { durationMs: _, cpuMs: __, maxRssBytes: ___, ...report } = await running.report;
  return { ...report, log: running.log };
}

const skip = process.platform === "win32";

test("lines in $OCTOPUS_OUTPUT become the result; the file is there and empty at first", { skip }, async () => {
  const script = `[ -f "$OCTOPUS_OUTPUT" ] && [ ! -s "$OCTOPUS_OUTPUT" ] || exit 9
    echo rows=3 >> "$OCTOPUS_OUTPUT"
    { echo 'list<<END'; printf 'a\\nb\\n'; echo END; } >> "$OCTOPUS_OUTPUT"`;
  const report = await run(script, { outputs: { rows: "integer" } });
  assert.deepEqual(report, { outcome: "succeeded", exitCode: 0, result: { rows: 3, list: "a\nb" }, log: [] });
  // The next one finds nothing of it.
  assert.deepEqual(await run(script), {
    outcome: "succeeded",
    exitCode: 0,
    result: { rows: "3", list: "a\nb" },
    log: [],
  });
  assert.deepEqual(await run("true"), { outcome: "succeeded", exitCode: 0, log: [] });
});

test("standard output becomes an output, and is still in the log", { skip }, async () => {
  const report = await run("printf '{\"a\": [1, 2]}\\n'; echo noise >&2", {
    outputs: { data: { from: "stdout", type: "object" } },
  });
  assert.deepEqual(report.result, { data: { a: [1, 2] } });
  assert.equal(
    report.log
      .filter(({ stream }) => stream === "stdout")
      .map(({ text }) => text)
      .join(""),
    '{"a": [1, 2]}\n',
  );
  // What the log does not keep, the output may.
  const cut = await run("head -c 5000 /dev/zero | tr '\\0' x", { maxOutput: 10, outputs: { all: { from: "stdout" } } });
  assert.equal((cut.result as { all: string }).all.length, 5000);
});

test("what is wrong with the outputs fails the attempt, with words", { skip }, async () => {
  const odd = await run("echo hello > $OCTOPUS_OUTPUT");
  assert.equal(odd.outcome, "failed");
  assert.deepEqual([odd.error!.kind, odd.exitCode, odd.result], ["output", 0, undefined]);
  assert.match(odd.error!.message, /^\$OCTOPUS_OUTPUT cannot be used: line 1 is "hello"/);
  const typed = await run("echo rows=many > $OCTOPUS_OUTPUT", { outputs: { rows: "integer" } });
  assert.match(typed.error!.message, /^the output rows must be a whole number .*not "many"/);
  const large = await run("head -c 1048577 /dev/zero > $OCTOPUS_OUTPUT");
  assert.match(large.error!.message, /has 1 MiB|may have 1 MiB/);
  const endless = await run("yes | head -c 30000000", {
    maxOutput: 10,
    outputs: { x: { from: "stdout", max: "1KiB" } },
  });
  assert.match(endless.error!.message, /^the output x has 29 MiB, and may have 1 KiB/);
  assert.match(
    (await run('rm "$OCTOPUS_OUTPUT"; ln -s /etc/passwd "$OCTOPUS_OUTPUT"')).error!.message,
    /no regular file/,
  );
  assert.match((await run('rm "$OCTOPUS_OUTPUT"; mkfifo "$OCTOPUS_OUTPUT"')).error!.message, /no regular file/);
  assert.match((await run('rm "$OCTOPUS_OUTPUT"; mkdir -p "$OCTOPUS_OUTPUT/x"')).error!.message, /no regular file/);
  const gone = await run('rm "$OCTOPUS_OUTPUT"');
  assert.deepEqual([gone.outcome, gone.result], ["succeeded", undefined]);
  assert.equal((await run('[ -f "$OCTOPUS_OUTPUT" ]')).outcome, "succeeded", "there is another one");
});

test("a command that fails keeps its own reason, and its outputs as far as they can be read", { skip }, async () => {
  const failed = await run("echo a=1 >> $OCTOPUS_OUTPUT; exit 3", { outputs: { a: "integer" } });
  assert.deepEqual(
    [failed.outcome, failed.error!.kind, failed.exitCode, failed.result],
    ["failed", "exit", 3, { a: 1 }],
  );
  const both = await run("echo rubbish >> $OCTOPUS_OUTPUT; exit 3");
  assert.deepEqual([both.error!.kind, both.result], ["exit", undefined]);
  const skipped = await run("echo a=1 >> $OCTOPUS_OUTPUT; exit 99");
  assert.deepEqual([skipped.outcome, skipped.result], ["succeeded", undefined]);
  assert.deepEqual((await run("true")).result, undefined);
});

test("a process that was left behind cannot write outputs of the next command", { skip }, async () => {
  const left = await run('(sleep 0.2; echo late=1 >> "$OCTOPUS_OUTPUT"; sleep 1000) & echo $!');
  const pid = Number(left.log.find(({ stream }) => stream === "stdout")!.text);
  const next = await run(
    'while kill -0 $PID 2>/dev/null && [ -z "$(ls -A "$DIR" | head -c1)" ]; do :; done; sleep 0.4',
    {
      env: { PID: String(pid), DIR: filesDir },
    },
  );
  process.kill(pid, "SIGKILL");
  assert.deepEqual([next.outcome, next.result], ["succeeded", undefined]);
});

test("files of commands that wrote nothing are used again", { skip }, async () => {
  for (let i = 0; i < 20; i++) assert.equal((await run("true")).outcome, "succeeded");
  assert.ok(readdirSync(filesDir).length <= 4, readdirSync(filesDir).join(" "));
});
