/** The log's lines, and that nothing about them ever stops the work: each test writes to a real file or pipe. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { createLog, logWith } from "./log.ts";

function fileOf(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "octopus-log-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, "deep", "octopus.log");
}

test("a line is JSON with its level, its moment, its fields and its words; lower levels are left out", (t) => {
  const file = fileOf(t);
  const log = createLog({ level: "info", format: "auto", file });
  log.debug({}, "not this one");
  log.info({ worker: "a", slots: 4 }, "worker connected");
  const line = readFileSync(file, "utf8");
  assert.match(line, /^\{"level":"info","ts":"[\d-]+T[\d:.]+Z","worker":"a","slots":4,"msg":"worker connected"\}\n$/);
});

test("fields that all lines of a part have stand on each, unless it says them itself", (t) => {
  const file = fileOf(t);
  const log = logWith(createLog({ level: "info", format: "json", file }), { shard: "team-a" });
  log.debug({}, "not this one");
  log.info({ term: 3 }, "a term began");
  log.warn({ shard: "team-b" }, "of another one");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const told = lines.map((line) => JSON.parse(line) as { shard: string; term?: number });
  assert.deepEqual([told.map(({ shard }) => shard), told[0]!.term], [["team-a", "team-b"], 3]);
});

test("as text a line begins with the time of day", (t) => {
  const file = fileOf(t);
  createLog({ level: "trace", format: "text", file }).warn({ a: "b", c: { d: 1 } }, "words");
  assert.match(readFileSync(file, "utf8"), /^\d\d:\d\d:\d\d warn  words a=b c=\{"d":1\}\n$/);
});

test("an error is told with its type, code, stack and cause", (t) => {
  const file = fileOf(t);
  const err = Object.assign(new TypeError("broken", { cause: new Error("the disk") }), { code: "EIO" });
  createLog({ level: "info", format: "json", file }).error({ err }, "words");
  const { err: told } = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(told.type, "TypeError");
  assert.equal(told.message, "broken");
  assert.equal(told.code, "EIO");
  assert.match(told.stack, /log\.test\.ts/);
  assert.equal(told.cause.message, "the disk");
});

test("fields that JSON cannot say leave the words", (t) => {
  const file = fileOf(t);
  const log = createLog({ level: "info", format: "json", file });
  const self: Record<string, unknown> = {};
  self["self"] = self;
  log.info({ self }, "holds itself");
  log.info({ n: 12n }, "a large number");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  assert.deepEqual(JSON.parse(lines[0]!), { level: "info", msg: "holds itself" });
  assert.equal(JSON.parse(lines[1]!).n, "12");
});

test("silent writes nothing", (t) => {
  const file = fileOf(t);
  createLog({ level: "silent", format: "json", file }).error({}, "words");
  assert.equal(readFileSync(file, "utf8"), "");
});

/** A process that logs `count` long lines to its standard error and then says so. */
function logger(count: number) {
  const url = pathToFileURL(join(import.meta.dirname, "log.ts")).href;
  const code = `const { createLog } = await import(${JSON.stringify(url)});
    const log = createLog({ level: "info", format: "json", file: null });
    for (let i = 0; i < ${count}; i++) log.info({ i, text: "x".repeat(1000) }, "line");
    process.stdout.write("done");`;
  return spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "pipe"] });
}

test("a reader that is slow gets every line, in order", async () => {
  const child = logger(500);
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (text += part));
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { i: number });
  assert.deepEqual(
    lines.map(({ i }) => i),
    Array.from({ length: 500 }, (_, i) => i),
  );
});

test("a reader that has gone stops nothing", async () => {
  const child = logger(500);
  child.stderr.destroy();
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (out += part));
  const [code] = await once(child, "close");
  assert.deepEqual([code, out], [0, "done"]);
});
