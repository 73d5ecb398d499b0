/** Files that commands and functions leave: all the way to a server, embedded and over HTTP, with what can go wrong. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Octopus } from "../mod.ts";
import { AttemptFiles } from "./attempt-files.ts";
import type { AttemptContext } from "./executor.ts";
import { FileFolders } from "./file-folders.ts";
import { keepOverHttp } from "./keep-http.ts";
import { ServerAccess } from "./reach/server-access.ts";
import { NODE_TIMERS } from "./timers.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-files-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const QUIET = { isHeld: false, hasOutput: false };
const isPosix = process.platform !== "win32";

async function read(octopus: Octopus, id: string, path: string, attempt?: number): Promise<string | undefined> {
  const file = octopus.engine.readArtifact(id, path, attempt);
  if (file === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("files of a command are kept whatever its outcome, and go with its task", { skip: !isPosix }, async () => {
  const dataDir = join(folder, "kept");
  await using octopus = await Octopus.open({ dataDir });
  const shell = `cd "$OCTOPUS_ARTIFACTS" && mkdir -p 'a b/c' && printf one > 'a b/c/ü ☃
.txt' && printf two > top && ln -s /etc/passwd link && mkfifo pipe && printf 'odd' > "$(printf 'x\\377')"`;
  const good = await octopus.submit({ shell: `${shell}; echo "$OCTOPUS_ARTIFACTS"` });
  const detail = await good.wait();
  assert.equal(detail.state, "succeeded");
  assert.deepEqual(
    detail.artifacts.map(({ path, bytes, attempt }) => [path, bytes, attempt]),
    [
      ["a b/c/ü ☃\n.txt", 3, 1],
      ["top", 3, 1],
      ["x\\xff", 3, 1],
    ],
  );
  assert.equal(await read(octopus, good.id, "a b/c/ü ☃\n.txt"), "one");
  assert.equal(
    detail.artifacts.find(({ path }) => path === "top")?.sha256,
    createHash("sha256").update("two").digest("hex"),
  );
  const log = octopus.engine
    .logs(good.id, {})!
    .map(({ text }) => text)
    .join("");
  assert.match(log, /not kept.*(link|pipe): a link or special file; (link|pipe): a link or special file/);
  const place = log.split("\n").find((line) => line.startsWith("/"))!;
  assert.equal(existsSync(place), false, "the folder is gone");

  const bad = await octopus.submit({
    shell: 'echo n$OCTOPUS_ATTEMPT > "$OCTOPUS_ARTIFACTS/core"; exit 3',
    retries: { limit: 1, delay: 1 },
  });
  assert.equal((await bad.wait()).state, "failed");
  assert.deepEqual([await read(octopus, bad.id, "core"), await read(octopus, bad.id, "core", 1)], ["n2\n", "n1\n"]);
  const slow = await octopus.submit({ shell: 'echo half > "$OCTOPUS_ARTIFACTS/half"; exec sleep 60', timeout: 300 });
  assert.equal((await slow.wait()).error?.kind, "timed_out");
  assert.equal(await read(octopus, slow.id, "half"), "half\n");

  const twin = await octopus.submit({ shell: 'printf two > "$OCTOPUS_ARTIFACTS/same"' });
  await twin.wait();
  await octopus.engine.deleteTask(good.id);
  assert.equal(await read(octopus, twin.id, "same"), "two", "another task has a file of equal content");
  await octopus.engine.deleteTask(twin.id);
  const files = readdirSync(join(dataDir, "artifacts"), { recursive: true }).map(String);
  assert.deepEqual(files.filter((name) => name.length > 60).length, 3, "only those of the other tasks are left");
});

test(
  "no two attempts share a folder, and a folder of one that left nothing is used again",
  { skip: !isPosix },
  async () => {
    await using octopus = await Octopus.open({ dataDir: join(folder, "shared"), slots: 4 });
    const say = 'ls -A "$OCTOPUS_ARTIFACTS"; echo "$OCTOPUS_ARTIFACTS"';
    const ids = await octopus.submitMany(
      Array.from({ length: 60 }, (_, i) => ({
        shell: i % 3 === 0 ? `${say}; echo x > "$OCTOPUS_ARTIFACTS/f${i}"` : say,
      })),
    );
    const said: string[] = [];
    for (const [i, id] of ids.entries()) {
      const task = (await octopus.engine.waitTask(id, 60_000))!;
      const text = octopus.engine
        .logs(id, {})!
        .map((line) => line.text)
        .join("");
      assert.match(text, /^\/\S+\n$/, "it was empty at the start");
      said.push(text);
      assert.deepEqual(
        task.artifacts.map(({ path }) => path),
        i % 3 === 0 ? [`f${i}`] : [],
      );
    }
    assert.ok(new Set(said).size < 30, `${new Set(said).size} folders for 60 commands`);
  },
);

test("a function keeps text, bytes and files; a bad path is refused with words", async () => {
  const file = join(folder, "from-here.bin");
  writeFileSync(file, "of this machine");
  await using octopus = await Octopus.open({
    dataDir: ":memory:",
    functions: {
      async report(_, { artifact }) {
        await artifact("report.txt", "first");
        await artifact("report.txt", "text");
        await artifact("deep/bytes.bin", Buffer.from([1, 2, 3]));
        await artifact("copy", { file });
        const refused = [];
        for (const path of ["", "/etc/passwd", "../up", "a//b", "a/./b", "nul\0"]) {
          refused.push(await artifact(path, "no").catch((error: Error) => error.message));
        }
        await assert.rejects(artifact("gone", { file: join(folder, "gone") }), { code: "ENOENT" });
        return refused;
      },
    },
  });
  const task = await octopus.submit({ call: "report" });
  for (const message of (await task.result()) as string[]) assert.match(message, /must be relative and without/);
  const { artifacts } = task.get();
  assert.deepEqual(
    artifacts.map(({ path, bytes }) => [path, bytes]),
    [
      ["copy", 15],
      ["deep/bytes.bin", 3],
      ["report.txt", 4],
    ],
  );
  assert.equal(await read(octopus, task.id, "report.txt"), "text");
});

test("a folder that was touched is never used again, and leads nowhere else", { skip: !isPosix }, async () => {
  const folders = new FileFolders(join(folder, "folders"));
  const kept: string[] = [];
  const log: string[] = [];
  const context = {
    log: (_stream: string, text: string) => log.push(text),
    keepFile: (path: string) => Promise.resolve(void kept.push(path)),
  } as unknown as AttemptContext;
  const first = folders.take()!;
  assert.equal(folders.give(first, context, QUIET), undefined, "nothing was left, and that is known at once");
  const again = folders.take()!;
  assert.equal(again.path, first.path);
  // Written and removed in the same tick of the file system's clock as it was made.
  writeFileSync(join(again.path, "x"), "");
  const handedOver = folders.give(again, context, QUIET);
  const other = folders.take()!;
  assert.notEqual(other.path, first.path);
  await handedOver;
  assert.deepEqual(kept, ["x"]);
  assert.equal(existsSync(first.path), false);
  // The command removes its folder, or puts something else in its place.
  rmSync(other.path, { recursive: true });
  assert.equal(folders.give(other, context, QUIET), undefined);
  const replaced = folders.take()!;
  rmSync(replaced.path, { recursive: true });
  symlinkSync("/etc", replaced.path);
  await folders.give(replaced, context, QUIET);
  const renewed = folders.take()!;
  rmSync(renewed.path, { recursive: true });
  mkdirSync(renewed.path);
  writeFileSync(join(renewed.path, "y"), "");
  await folders.give(renewed, context, QUIET);
  assert.deepEqual(kept, ["x", "y"]);
  assert.deepEqual(log, []);
  folders.close();
  assert.equal(existsSync(join(folder, "folders")), false);
});

test("an upload waits for a server that is away, and takes its no for an answer", async () => {
  const statuses = [503, 201];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      bodies.push(`${request.method} ${request.url} ${body}`);
      const status = statuses.shift()!;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(
        JSON.stringify(status === 201 ? { sha256: "abc", bytes: body.length } : { detail: "no room for it" }),
      );
    });
  });
  const listen = (port: number): Promise<number> =>
    new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
  const port = await listen(0);
  await new Promise((resolve) => server.close(resolve));
  const keep = keepOverHttp(new ServerAccess({ urls: [`http://127.0.0.1:${port}`] }));
  const over = new AbortController();
  const said: string[] = [];
  const onWait = (why: string): void => void said.push(why);
  const kept = keep({ content: "hello" }, { bytesMax: 100, signal: over.signal, onWait });
  await listen(port);
  assert.deepEqual(await kept, { hash: "abc", bytes: 5 });
  assert.ok(["the server does not answer", "no room for it"].includes(said.join()), said.join());
  assert.deepEqual(bodies, Array(2).fill("PUT /api/v1/artifacts hello"));
  statuses.push(413);
  await assert.rejects(keep({ content: "big" }, { bytesMax: 100, signal: over.signal }), {
    code: "too_large",
    message: "no room for it",
  });
  await assert.rejects(keep({ content: "too big" }, { bytesMax: 3, signal: over.signal }), {
    code: "too_large",
    message: /7 bytes, and 3/,
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const waiting = keep({ content: "late" }, { bytesMax: 100, signal: over.signal });
  over.abort(new Error("nobody waits"));
  await assert.rejects(waiting, /nobody waits|aborted/);
});

test("a command that was over ran for ever, and nobody said that its file waits for the server", async () => {
  const said: string[] = [];
  const files = new AttemptFiles(
    async (_, { onWait }) => {
      onWait?.("the disk is full");
      return { hash: "h", bytes: 1 };
    },
    (text) => said.push(text),
  );
  await files.keep("report", { content: "x" });
  files.end(NODE_TIMERS);
  assert.deepEqual(said, ["the file report waits for the server: the disk is full\n"]);
});

test("an attempt may leave a thousand files, and a gigabyte in all", async () => {
  const files = new AttemptFiles(async (source, { bytesMax }) => {
    const bytes = Number((source as { content: string }).content);
    if (bytes > bytesMax) throw new Error(`only ${bytesMax} left`);
    return { hash: "h", bytes };
  }, assert.fail);
  await files.keep("huge", { content: String(1024 ** 3 - 10) });
  await assert.rejects(files.keep("more", { content: "11" }), /only 10 left/);
  await files.keep("huge", { content: "10" });
  await files.keep("more", { content: "11" });
  for (let i = 0; i < 998; i++) await files.keep(`f${i}`, { content: "0" });
  await assert.rejects(files.keep("one too many", { content: "0" }), /may leave 1000 files/);
  assert.equal(files.end(NODE_TIMERS)?.length, 1000);
});
